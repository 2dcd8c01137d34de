"""The language of authors and students: text to syntax tree to graph."""
