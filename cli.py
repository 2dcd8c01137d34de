from grader.commands import main

main(prog_name="grader")
