"""The kinds of answer, a module each, and the table of them."""
