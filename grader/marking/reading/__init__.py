"""What people type, read: numbers, formulas, shapes, the boxes of a part, lines of working. Reading never judges."""
