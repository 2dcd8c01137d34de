"""A recurrent network unrolled over some steps: inputs below, states in the middle, outputs above, the weights at the arrows.

`input`, `state` and `output` are the names of what is indexed by the step; where the problem gives a vector of that name, or
numbers such as `x_1`, they are shown (not with `values: false`). `first`: the number of the first step (1). `outputs: last`: only
the last step has one. `cell`: what stands in the boxes.
"""

from grader.maths.errors import UsageError
from grader.maths.graph import Node
from grader.sheets.figures.drawing import SMALL, Canvas, entry, name, plain, width
from grader.sheets.figures.values import Values, joined

BOX = 40
ACROSS, UP = 118, 80


def drawn(solution, figure):
    """The canvas of the unrolled network and its description."""
    values = Values(solution)
    settings = values.with_words(figure.settings)
    labels = [plain(name(text)) for text in settings.get("weights", {}).values()]
    if too_long := [text for text in (*labels, *(settings.get(key, "") for key in WORDS)) if len(text) > 12]:
        raise UsageError(f"'{too_long[0]}' is too long for a label (limit 12 characters)")
    return _draw(settings, values), _words(settings, values)


WORDS = ("input", "state", "output", "cell")


def _steps(settings):
    first = settings.get("first", 1)
    return range(first, first + settings["steps"])


def _draw(settings, values):
    canvas, weights, inside = Canvas(), settings.get("weights", {}), settings.get("cell", "")
    across = max(ACROSS, BOX + 40 + max((width(_value(settings, values, t), SMALL) for t in _every(settings)), default=0))
    half = max(BOX, width(inside) + 14) / 2
    start = entry(settings["state"], _steps(settings)[0] - 1)
    left = -across + half - 4
    canvas.text(left - 8, 0, start, anchor="end")
    canvas.line((left, 0), (-half, 0), arrow=True)
    _beside(canvas, settings["state"], _steps(settings)[0] - 1, settings, values, left - 8, 17, "end")
    _weight(canvas, weights.get("state"), (left - half) / 2, -10)
    for number, step in enumerate(_steps(settings)):
        x = number * across
        canvas.rect(x - half, -BOX / 2, 2 * half, BOX, round=4)
        canvas.text(x, 0, inside or entry(settings["state"], step))
        last = number == len(_steps(settings)) - 1
        canvas.line((x + half, 0), (x + (across - half if not last else half + 34), 0), arrow=True)
        if not last:
            _weight(canvas, weights.get("state"), x + across / 2, -10)
        if inside:
            canvas.text(x + half + 5, 12, entry(settings["state"], step), anchor="start", size=SMALL)
        if "input" in settings:
            canvas.line((x, UP - 12), (x, BOX / 2), arrow=True)
            canvas.text(x, UP, entry(settings["input"], step))
            _beside(canvas, settings["input"], step, settings, values, x, UP + 17, "middle")
            _weight(canvas, weights.get("input"), x + 6, (UP + 8) / 2, "start")
        if "output" in settings and (last or settings.get("outputs") != "last"):
            canvas.line((x, -BOX / 2), (x, -UP + 12), arrow=True)
            canvas.text(x, -UP, entry(settings["output"], step))
            _weight(canvas, weights.get("output"), x + 6, -(UP + 8) / 2, "start")
    _legend(canvas, (len(_steps(settings)) - 1) * across / 2, _shared(settings, values))
    return canvas


def _every(settings):
    """(name, step) of all that may have a value."""
    states = [("state", _steps(settings)[0] - 1)]
    return states + [("input", step) for step in _steps(settings)] if "input" in settings else states


def _value(settings, values, at):
    return _known(settings, values, settings[at[0]], at[1])


def _known(settings, values, called, step):
    """The text of a given value such as x_2, or of entry 2 of a given vector x; '' where there is none."""
    if settings.get("values") is False:
        return ""
    first = _steps(settings)[0]
    for spelling in (f"{called}_{step}", f"{called}{step}"):
        if (found := values.scalar(spelling)) is not None:
            return found
    node = values.program.names.get(str(called))
    if str(called) in values.program.values and step >= first and node.shape and node.shape[0] == settings["steps"]:
        found = values.entries(node)[step - first]
        return found if isinstance(found, str) else f"[{', '.join(found)}]" if found.ndim == 1 else ""
    return ""


def _beside(canvas, called, step, settings, values, x, y, anchor):
    if text := _known(settings, values, called, step):
        canvas.text(x, y, f"= {text}", size=SMALL, anchor=anchor)


def _weight(canvas, called, x, y, anchor="middle"):
    if called:
        canvas.text(x, y, name(called), size=SMALL, anchor=anchor)


def _shared(settings, values):
    """(label, text) of the weights whose numbers or sizes are known."""
    found = []
    for called in dict.fromkeys(settings.get("weights", {}).values()):
        node, shown = values.program.names.get(str(called)), settings.get("values") is not False
        if not isinstance(node, Node):
            continue
        text = values.scalar(called) if shown else None
        if text is not None:
            found.append((called, f" = {text}"))
        elif told := values.sizes(node) if node.shape else "":
            found.append((called, f": {told}"))
    return found


def _legend(canvas, x, shared):
    label = []
    for called, text in shared:
        label += [*([(",  ", "")] if label else []), *name(called), (text, "")]
    if label:
        canvas.text(x, canvas.box[3] + 20, label)


# --- words ---


def _words(settings, values):
    steps, weights = _steps(settings), settings.get("weights", {})
    state = settings["state"]

    def at(key):
        return f" (weights {weights[key]})" if key in weights else ""

    def worth(called, step):
        text = _known(settings, values, called, step)
        return f"{called}_{step} = {text}" if text else f"{called}_{step}"

    plural = "s" * (len(steps) > 1)
    said = [f"A recurrent network unrolled over {len(steps)} step{plural}, from the state {worth(state, steps[0] - 1)}"]
    for step in steps:
        sources = [f"{state}_{step - 1}{at('state')}"]
        if "input" in settings:
            sources.append(f"the input {worth(settings['input'], step)}{at('input')}")
        line = f"step {step}: {joined(sources)} lead to the state {state}_{step}"
        if "output" in settings and (step == steps[-1] or settings.get("outputs") != "last"):
            line += f", and that to the output {settings['output']}_{step}{at('output')}"
        said.append(line)
    if inside := settings.get("cell"):
        said.append(f"each step is a cell '{inside}'")
    if shared := _shared(settings, values):
        said.append(f"all steps share {joined(f'{called}{text}' for called, text in shared)}")
    return f"{'; '.join(said)}."
