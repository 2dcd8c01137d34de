"""Layer stacks against plain loops, hand calculations and published architectures."""

import random

import numpy as np
import oracles
import pytest

from grader.maths.builders.layers import KINDS, layer_stack, misfit
from grader.maths.errors import LanguageError, ShapeError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import as_node, constant, given
from grader.maths.ops.structure import stack
from grader.maths.systems import EXACT, FLOAT


def layer(kind, **settings):
    return kind, settings


def conv(filters, kernel, padding=0, stride=1, **settings):
    return layer("conv", filters=filters, kernel=kernel, padding=padding, stride=stride, **settings)


def pool(kernel, stride=None, **settings):
    return layer("maxpool", kernel=kernel, stride=kernel if stride is None else stride, **settings)


def dense(units, **settings):
    return layer("dense", units=units, **settings)


def whole(array):
    """An exact array as nested lists of whole numbers."""
    assert all(entry.q == 1 for entry in array.flat)
    return [int(entry.p) for entry in array.flat] if array.ndim else int(array[()].p)


def value(node, values=None, **changes):
    return whole(Evaluation(values, (EXACT,), **changes)(as_node(node)))


def values_of(record, names, given_values=None, **changes):
    """The values of some fields, in order; `conv1.size` reaches into a layer."""
    work = Evaluation(given_values, (EXACT,), **changes)
    return [whole(work(as_node(field(record, name)))) for name in names.split()]


def field(record, path):
    for name in path.split("."):
        record = record.fields[name]
    return record


# -------------------------------------------------------------------------------------------------- against plain loops


def drawn_chain(seed):
    """(kernel, stride, padding, dilation, filters) of four convolutions, pairs now and then."""
    generator = random.Random(seed)

    def drawn(low, high):
        numbers = generator.randint(low, high), generator.randint(low, high)
        return numbers if generator.random() < 0.3 else numbers[0]

    return [(drawn(1, 4), drawn(1, 3), drawn(0, 2), drawn(1, 2), generator.randint(1, 4)) for _ in range(4)]


def pair(setting):
    return (setting, setting) if isinstance(setting, int) else setting


@pytest.mark.parametrize("seed", range(25))
def test_chains_of_convolutions_against_counting(seed):
    chain, size = drawn_chain(seed), (2, 61, 47)
    layers = [conv(filters, kernel, padding, stride, dilation=dilation) for kernel, stride, padding, dilation, filters in chain]
    before, weights, biases, macs = size, 0, 0, 0
    for kernel, stride, padding, dilation, filters in chain:
        windows = zip(*map(pair, (kernel, stride, padding, dilation)), strict=True)
        after = [oracles.conv_output_size(axis, *window) for axis, window in zip(before[1:], windows, strict=True)]
        count = oracles.conv_parameter_count(before[0], filters, kernel, bias=False)
        before, weights, biases, macs = (filters, *after), weights + count, biases + filters, macs + count * after[0] * after[1]
    if min(before) < 1:
        with pytest.raises(ShapeError, match="window is larger"):
            layer_stack(size, layers)
        return
    net = layer_stack(size, layers, multiply_add=2)
    fields = [
        oracles.receptive_field([(pair(k)[axis], pair(s)[axis], pair(d)[axis]) for k, s, _, d, _ in chain]) for axis in (0, 1)
    ]
    assert values_of(net, "size weights biases parameters macs flops receptive_field fits") == [
        list(before), weights, biases, weights + biases, macs, 2 * macs, fields, 1,
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_chains_of_dense_layers_against_counting(seed):
    widths = [random.Random(seed).randint(1, 9) for _ in range(4)]
    for bias in (True, False):
        net = layer_stack(widths[:1], [dense(width) for width in widths[1:]], bias=bias)
        assert value(net.fields["parameters"]) == oracles.mlp_parameter_count(widths, bias)
        assert value(net.fields["size"]) == widths[-1:]
        assert value(net.fields["receptive_field"]) == widths[:1]


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), [(5, 3, 1, 0), (5, 3, 2, 1), (4, 4, 2, 1), (7, 2, 3, 0)])
def test_a_transposed_convolution_has_the_size_of_the_image_its_convolution_came_from(size, kernel, stride, padding):
    net = layer_stack((1, size, size), [layer("conv_transpose", filters=2, kernel=kernel, stride=stride, padding=padding)])
    channels, *outputs = value(net)
    assert channels == 2
    assert [oracles.conv_output_size(out, kernel, stride, padding) for out in outputs] == [size, size]
    assert all(oracles.conv_output_size(out - 1, kernel, stride, padding) == size - 1 for out in outputs)


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(4, 2, 1), (3, 2, 1), (2, 3, 1), (3, 1, 2)])
def test_the_receptive_field_of_a_transposed_convolution_is_the_most_inputs_between_which_an_output_lies(
    kernel, stride, dilation
):
    reach = dilation * (kernel - 1) + 1
    meeting = [[i for i in range(20) if 0 <= out - i * stride < reach] for out in range(10, 30)]
    net = layer_stack((1, 9, 9), [layer("conv_transpose", filters=1, kernel=kernel, stride=stride, dilation=dilation)])
    assert value(net.fields["receptive_field"])[0] == max(max(inputs) - min(inputs) + 1 if inputs else 0 for inputs in meeting)


# ------------------------------------------------------------------------------------------------ by hand and published


def lenet(**settings):
    layers = [conv(6, 5), "tanh", layer("avgpool", kernel=2), conv(16, 5), "tanh", layer("avgpool", kernel=2)]
    return layer_stack((1, 32, 32), [*layers, "flatten", dense(120), dense(84), dense(10)], **settings)


def test_lenet():
    net = lenet()
    assert values_of(net, "conv1.size avgpool1.size conv2.size avgpool2.size flatten1.size size") == [
        [6, 28, 28], [6, 14, 14], [16, 10, 10], [16, 5, 5], [400], [10],
    ]  # fmt: skip
    names = "conv1 avgpool1 tanh1 conv2 dense1 dense2 dense3"
    assert values_of(net, " ".join(f"{name}.parameters" for name in names.split())) == [156, 0, 0, 2416, 48120, 10164, 850]
    assert values_of(net, "parameters macs whole") == [61706, 416520, 1]
    assert values_of(net, "avgpool1.receptive_field avgpool2.receptive_field avgpool2.jump") == [[6, 6], [16, 16], [4, 4]]
    assert values_of(lenet(bias=False), "parameters biases dense3.biases") == [61470, 0, 0]


def alexnet():
    """As in torchvision (Krizhevsky, One weird trick, 2014)."""
    layers = [
        conv(64, 11, 2, 4),
        pool(3, 2),
        conv(192, 5, 2),
        pool(3, 2),
        conv(384, 3, 1),
        conv(256, 3, 1),
        conv(256, 3, 1),
        pool(3, 2),
    ]
    return layer_stack((3, 224, 224), [*layers, dense(4096), "relu", layer("dropout", rate=1), dense(4096), dense(1000)])


def vgg16():
    layers = []
    for count, filters in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        layers += [part for _ in range(count) for part in (conv(filters, 3, "same"), "relu")] + [pool(2)]
    return layer_stack((3, 224, 224), [*layers, "flatten", dense(4096), "relu", dense(4096), "relu", dense(1000), "softmax"])


def resnet(counts, bottleneck, first=True, top=True):
    """He et al. 2016 with the stride in the 3 x 3 convolution of the first block of a stage (torchvision), or of the last one
    with a pooling of 1 x 1 around it (TensorFlow slim), as Araujo et al. measure receptive fields.
    """
    layers, channels = [conv(64, 7, 3, 2), "batch_norm", "relu", pool(3, 2, padding=1)], 64
    for stage, count in enumerate(counts):
        filters = 64 * 2**stage
        for block in range(count):
            at = 0 if first else count - 1
            stride = 2 if block == at and (stage if first else stage < 3) else 1
            out = filters * (4 if bottleneck else 1)
            around = [conv(out, 1, 0, stride), "batch_norm"] if channels != out else [pool(1, stride)] if stride > 1 else []
            layers.append(layer("residual", layers=block_layers(filters, stride, bottleneck), shortcut=around))
            channels = out
    return layer_stack((3, 224, 224), [*layers, *(["global_pool", dense(1000, bias=True)] if top else [])], bias=False)


def block_layers(filters, stride, bottleneck):
    if not bottleneck:
        return [conv(filters, 3, 1, stride), "batch_norm", "relu", conv(filters, 3, 1), "batch_norm"]
    middle = [conv(filters, 1), "batch_norm", conv(filters, 3, 1, stride), "batch_norm"]
    return [*middle, conv(4 * filters, 1), "batch_norm"]


def mobilenet(top=True):
    layers = [conv(32, 3, "same", 2), "batch_norm", "relu"]
    for stride, filters in zip((1, 2) * 3 + (1,) * 5 + (2, 1), (64, 128, 128, 256, 256, *(512,) * 6, 1024, 1024), strict=True):
        layers += [layer("depthwise", kernel=3, stride=stride, padding="same"), "batch_norm", conv(filters, 1), "batch_norm"]
    return layer_stack((3, 224, 224), [*layers, *(["global_pool", dense(1000, bias=True)] if top else [])], bias=False)


@pytest.mark.parametrize(
    ("build", "parameters", "billions"),
    [
        (alexnet, 61_100_840, 0.714),
        (vgg16, 138_357_544, 15.470),
        (lambda: resnet((2, 2, 2, 2), False), 11_689_512, 1.814),
        (lambda: resnet((3, 4, 6, 3), True), 25_557_032, 4.089),
        (lambda: resnet((3, 8, 36, 3), True), 60_192_808, 11.514),
        (mobilenet, 4_231_976, 0.569),
    ],
)
def test_published_parameters_and_multiply_adds(build, parameters, billions):
    """Parameters and 10^9 multiply-adds as torchvision's model pages and the MobileNet paper and its Keras summary give them."""
    net = build()
    assert values_of(net, "parameters size fits") == [parameters, [1000], 1]
    assert round(value(net.fields["macs"]) / 1e9, 3) == billions


@pytest.mark.parametrize(
    ("build", "size"),
    [
        (lambda: layer_stack((3, 224, 224), [conv(64, 11, 0, 4), pool(3, 2), conv(192, 5, "same"), pool(3, 2),
                                             *[conv(256, 3, "same")] * 3, pool(3, 2)]), 195),
        (lambda: vgg16().fields["maxpool5"], 212),
        (lambda: mobilenet(top=False), 315),
        (lambda: resnet((3, 4, 6, 3), True, first=False, top=False), 483),
        (lambda: resnet((3, 4, 23, 3), True, first=False, top=False), 1027),
        (lambda: resnet((3, 8, 36, 3), True, first=False, top=False), 1507),
    ],
)  # fmt: skip
def test_published_receptive_fields(build, size):
    """The table of Araujo, Norris and Sim (Distill 2019)."""
    assert value(build().fields["receptive_field"]) == [size, size]


def test_the_stem_of_a_resnet():
    net = resnet((2, 2, 2, 2), False)
    names = (
        "conv1.size batch_norm1.size maxpool1.size residual1.size residual3.size batch_norm1.parameters batch_norm1.statistics"
    )
    assert values_of(net, names) == [[64, 112, 112], [64, 112, 112], [64, 56, 56], [64, 56, 56], [128, 28, 28], 128, 128]
    assert values_of(net, "conv1.parameters conv1.receptive_field maxpool1.receptive_field maxpool1.jump") == [
        9408, [7, 7], [11, 11], [4, 4],
    ]  # fmt: skip
    assert value(net.fields["residual1"].fields["parameters"]) == 2 * (64 * 64 * 9 + 128)


def inception(pooled="same"):
    """The module 3a of Szegedy et al. 2015: branches of 64, 96 -> 128, 16 -> 32 and pool -> 32 channels."""
    paths = [
        [conv(64, 1)],
        [conv(96, 1), conv(128, 3, 1)],
        [conv(16, 1, name="reduce"), conv(32, 5, 2, name="wide")],
        [pool(3, 1, padding=pooled), conv(32, 1)],
    ]
    return layer_stack((192, 28, 28), [layer("branch", paths=paths), "relu"])


def test_an_inception_module():
    net = inception()
    assert values_of(net, "size parameters weights biases receptive_field") == [[256, 28, 28], 163_696, 163_328, 368, [5, 5]]
    reduced = sum(values_of(net, "reduce.macs wide.macs"))
    direct = layer_stack((192, 28, 28), [conv(32, 5, 2)])
    assert [reduced, value(direct.fields["macs"])] == [12_443_648, 120_422_400]  # Ng's and Johnson's lecture numbers


def test_upsampling_decoder():
    """A DCGAN generator (Radford et al. 2016): 4, 8, 16, 32, 64 pixels."""

    def up(filters):
        return layer("conv_transpose", filters=filters, kernel=4, stride=2, padding=1)

    net = layer_stack((512, 4, 4), [up(256), up(128), up(64), up(3)], bias=False)
    names = " ".join(f"conv_transpose{n}.size" for n in (1, 2, 3, 4))
    assert values_of(net, names) == [[256, 8, 8], [128, 16, 16], [64, 32, 32], [3, 64, 64]]
    assert value(net.fields["parameters"]) == 16 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
    assert value(net.fields["conv_transpose1"].fields["macs"]) == 16 * 512 * 256 * 16
    unpooled = layer_stack((8, 7, 7), [pool(2, 2), layer("upsample", factor=(2, 3))])
    assert values_of(unpooled, "size parameters receptive_field") == [[8, 6, 9], 0, [2, 2]]


def test_groups_and_depthwise_convolutions():
    grouped = layer_stack((8, 5, 5), [conv(12, 3, 1, groups=4)])
    assert values_of(grouped, "weights biases macs") == [12 * 2 * 9, 12, 12 * 2 * 9 * 25]
    apart = layer_stack((8, 5, 5), [layer("depthwise", kernel=3, multiplier=2), conv(4, 1)])
    assert values_of(apart, "depthwise1.size depthwise1.weights parameters") == [[16, 3, 3], 144, 144 + 16 + 64 + 4]
    with pytest.raises(ShapeError, match="layer 'conv1' does not fit.*groups"):
        layer_stack((8, 5, 5), [conv(12, 3, groups=3)])


def test_other_numbers_of_axes():
    sound = layer_stack((1, 100), [conv(4, 5, 0, 2), pool(2)])
    assert values_of(sound, "conv1.size size parameters receptive_field") == [[4, 48], [4, 24], 24, [7]]
    video = layer_stack((3, 16, 112, 112), [conv(64, 3, 1), pool((1, 2, 2))])
    assert values_of(video, "size parameters receptive_field") == [[64, 16, 56, 56], 5248, [3, 4, 4]]


def test_rounding():
    def maps(rounding, own=None):
        return value(layer_stack((1, 6, 7), [layer("pool", kernel=3, stride=2, rounding=own)], rounding=rounding))

    assert [maps("floor"), maps("ceil"), maps("floor", "ceil")] == [[1, 2, 3], [1, 3, 3], [1, 3, 3]]
    assert values_of(layer_stack((1, 6, 7), [pool(3, 2)]), "whole maxpool1.whole fits") == [0, 0, 1]
    assert values_of(layer_stack((1, 7, 7), [conv(2, 3, "same", 2)]), "size whole") == [[2, 4, 4], 0]


# ------------------------------------------------------------------------------------------- changed values, given values


def test_somebodys_own_size_flows_on():
    net = lenet()
    names = "conv1.size conv2.size avgpool2.size dense1.parameters parameters"
    before = values_of(net, names)
    after = values_of(net, names, override={field(net, "avgpool1.size"): [6, 13, 13]})
    assert after == [[6, 28, 28], [16, 9, 9], [16, 4, 4], 16 * 16 * 120 + 120, before[-1] - 16 * 9 * 120]
    wrong_channels = values_of(net, "conv2.parameters", override={field(net, "avgpool1.size"): [5, 14, 14]})
    assert wrong_channels == [16 * 5 * 25 + 16]
    one_entry = values_of(net, names, entries={field(net, "avgpool1.size"): {(1,): 12}})
    assert one_entry[1:3] == [[16, 8, 10], [16, 4, 5]]


def test_somebodys_own_receptive_field_and_counts_flow_on():
    net = lenet()
    fields = values_of(net, "avgpool2.receptive_field", override={field(net, "conv1.receptive_field"): [6, 6]})
    assert fields == [[17, 17]]
    total = value(net.fields["parameters"])
    assert values_of(net, "parameters", override={field(net, "conv2.parameters"): 2400}) == [total - 16]
    assert values_of(net, "parameters conv1.size", override={field(net, "avgpool1.parameters"): 24}) == [total + 24, [6, 28, 28]]
    block = resnet((2, 2, 2, 2), False)
    changed = values_of(block, "residual1.parameters parameters", override={field(block, "conv2.parameters"): 0})
    assert changed == [2 * (64 * 64 * 9 + 128) - 64 * 64 * 9, 11_689_512 - 64 * 64 * 9]


def test_a_changed_size_that_does_not_fit_has_a_value_and_says_so():
    net = lenet()
    changes = {"override": {field(net, "avgpool1.size"): [6, 3, 3]}}
    assert values_of(net, "conv2.size fits conv2.fits conv1.fits", **changes) == [[16, -1, -1], 0, 0, 1]
    assert misfit(net, Evaluation(**changes)) == "conv2"
    assert misfit(net, Evaluation()) is None


def test_settings_and_sizes_may_be_given_values():
    size, kernel, filters, bias = given("size", (3,)), given("k"), given("filters"), given("bias")
    net = layer_stack([size[0], size[1], size[2]], [conv(filters, kernel, bias=bias), pool(2), dense(10)])
    values = {"size": [3, 33, 21], "k": 4, "filters": 5, "bias": 1}
    assert values_of(net, "maxpool1.size conv1.parameters fits", values) == [[5, 15, 9], 3 * 16 * 5 + 5, 1]
    assert values_of(net, "conv1.parameters fits", values | {"bias": 0, "k": 22}) == [3 * 484 * 5, 0]
    both = {"size": np.array([[3.0, 33, 21], [1, 10, 10]]), "k": np.array([4.0, 3]), "filters": 5, "bias": 1}
    np.testing.assert_array_equal(Evaluation(both, (FLOAT,))(net.fields["maxpool1"].fields["size"]), [[5, 15, 9], [5, 4, 4]])


def test_settings_as_nodes_and_vectors():
    net = layer_stack((1, 9, 9), [conv(constant(2), constant([3, 5]), (1, constant(2))), pool(stack([constant(3), constant(2)]))])
    assert value(net) == [2, 3, 4]


def test_names():
    net = layer_stack((1, 9, 9), [conv(1, 3, name="first"), conv(1, 3), ("residual", [conv(1, 1), "relu"]), "relu"])
    kinds = [name for name, part in net.fields.items() if getattr(part, "kind", "") == "layer"]
    assert kinds == ["input", "first", "conv2", "conv3", "relu1", "residual1", "relu2"]
    assert values_of(net, "input.size input.receptive_field input.parameters") == [[1, 9, 9], [1, 1], 0]


def test_every_kind_of_layer_is_tried():
    settings = {
        "conv": {"filters": 2, "kernel": 3}, "depthwise": {"kernel": 3}, "conv_transpose": {"filters": 2, "kernel": 3},
        "upsample": {"factor": 2}, "dense": {"units": 2}, "leaky_relu": {"slope": 1}, "dropout": {"rate": 1},
        "residual": {"layers": ["relu"]}, "branch": {"paths": [["relu"], []]},
    } | dict.fromkeys(("pool", "maxpool", "avgpool"), {"kernel": 2})  # fmt: skip
    for kind in KINDS:
        net = layer_stack((4, 6, 6), [(kind, settings.get(kind, {}))])
        assert values_of(net, "fits whole")[0] == 1
        assert len(value(net)) in (1, 3)


# ---------------------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("layers", "error", "words"),
    [
        ([conv(2, 11)], ShapeError, "layer 'conv1' does not fit: its window is larger than its padded input"),
        ([conv(2, 3), conv(2, 9, name="wide")], ShapeError, "layer 'wide' does not fit"),
        (["flatten", conv(2, 3)], ShapeError, "layer 'conv1': a window needs maps"),
        (["flatten", "global_pool"], ShapeError, "needs maps"),
        ([("residual", [conv(4, 3)])], ShapeError, "layer 'residual1' does not fit: the sizes of the paths that meet differ"),
        ([layer("branch", paths=[[conv(4, 3, 1, 2)], [conv(4, 3, 1), pool(2, 1), pool(5, 1)]])], ShapeError, "the strides of"),
        ([layer("branch", paths=[["flatten"], []])], ShapeError, "maps and vectors of features meet"),
        ([layer("branch", paths=[["relu"]])], LanguageError, "at least two paths"),
        ([("residual", [])], LanguageError, "layers to go around"),
        ([layer("covn", filters=1)], LanguageError, "there is no layer 'covn' .did you mean 'conv'"),
        ([layer("conv", filters=1)], LanguageError, "layer 'conv1' .conv. needs kernel"),
        ([conv(1, 3, strides=2)], LanguageError, "no setting 'strides' .did you mean 'stride'"),
        ([conv(1, 3, "smae")], LanguageError, "padding is a number or 'same', not 'smae' .did you mean 'same'"),
        ([conv(1, 3, rounding="up")], LanguageError, "the rounding of a size is one of floor, ceil"),
        ([conv(1, 3, bias="perhaps")], LanguageError, "bias is one of"),
        ([conv(1, "three")], LanguageError, "'three' is a word where a number is wanted"),
        ([conv(1, (3, 3, 3))], ShapeError, "3 settings are given for 2 axes"),
        ([conv(constant([1, 2]), 3)], ShapeError, "a number is wanted"),
        ([conv(1, 3, name="size")], LanguageError, "'size' is taken"),
        ([conv(1, 3, name="a"), conv(1, 3, name="a")], LanguageError, "'a' is taken"),
        ([conv(1, 3, name=constant(1))], LanguageError, "a word of its own"),
        ([conv(1, 3, 0, 0)], ShapeError, "its kernel or its stride is smaller than 1"),
        ([("conv", [3])], LanguageError, "settings by name"),
    ],
)  # fmt: skip
def test_faults_are_said_in_words(layers, error, words):
    with pytest.raises(error, match=words):
        layer_stack((3, 10, 10), layers)
