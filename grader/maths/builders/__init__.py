"""Topic code that builds graphs: layer stacks, recurrent nets, optimiser steps, initialisation, regression, attention.

A builder never computes an answer; it returns a Node or a Record of named Nodes, which `evaluate` works out.
"""
