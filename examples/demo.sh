#!/bin/sh
# Marks the example hand-ins of three courses, and writes own sheets for a roster; run by `make demo`. The results land in demo-results/.
set -eu
results=demo-results

for course in tum-mock-2020 tum-2022ss-6:tum-2022ss freiburg-sheet-9; do
    folder=${course%%:*}
    paper=${course##*:}
    echo
    echo "== examples/$folder, marked against the paper $paper"
    echo
    grader grade "examples/$folder" --paper "$paper" -o "$results/$folder"
done

echo
echo "== sheets with values of their own for the students of examples/students.csv"
echo
grader sheet tum-mock-2020 --to pdf --roster examples/students.csv -o "$results/handouts"

echo
echo "Look at $results/tum-mock-2020/feedback/s02.md first: an early slip, carried forward."
