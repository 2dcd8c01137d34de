"""`python -m grader` is the `grader` command."""

from grader.commands import main

main(prog_name="grader")
