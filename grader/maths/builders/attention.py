"""Attention: weighted means of values. Source: Vaswani et al., Attention is all you need (2017), equation 1."""

from grader.maths.errors import ShapeError
from grader.maths.graph import Record, as_node, constant, show_shape
from grader.maths.ops.estimation import attention_scores, masked_weights
from grader.maths.ops.neural import softmax


def attention(Q, K, V, *, mask=None, scaled=True):
    """Scaled dot-product attention softmax(Q K' / sqrt(d)) V, the softmax over the keys.

    Q: N x d (or one query, d), K: M x d, V: M x dv. scaled False leaves sqrt(d) out.
    mask: N x M (or M), 1 where a query may look, else 0; every query must be allowed some key.
    Record("attention", main out): scores N x M (before the mask), weights N x M, out N x dv.
    """
    Q, K, V = as_node(Q), as_node(K), as_node(V)
    if K.rank != 2 or V.rank != 2 or K.shape[0] != V.shape[0] or Q.shape[-1:] != K.shape[1:]:
        shapes = ", ".join(f"{name} is {show_shape(node.shape)}" for name, node in (("Q", Q), ("K", K), ("V", V)))
        raise ShapeError(f"attention needs Q as N x d, K as M x d and V as M x dv, but {shapes}")
    scores = attention_scores(Q, K, scaled=bool(scaled))
    weights = softmax(scores, axis=-1) if mask is None else _masked(softmax(scores, axis=-1), as_node(mask))
    return Record.of("attention", main="out", scores=scores, weights=weights, out=weights @ V)


def _masked(weights, mask):
    """The weights that are allowed, made to add up to 1 again: the same as a score of minus infinity for the others."""
    if (weights * mask).shape != weights.shape:
        raise ShapeError(f"the mask is {show_shape(mask.shape)}, but the weights are {show_shape(weights.shape)}")
    return masked_weights(weights, mask)


def self_attention(X, W_Q, W_K, W_V, *, mask=None, scaled=True):
    """Attention of the rows of X (N x D) to one another, with Q = X W_Q, K = X W_K, V = X W_V.

    Record("self attention", main out): Q, K, V, scores, weights, out.
    """
    X = as_node(X)
    Q, K, V = (X @ as_node(W) for W in (W_Q, W_K, W_V))
    return Record.of("self attention", main="out", Q=Q, K=K, V=V, **attention(Q, K, V, mask=mask, scaled=scaled).fields)


def causal_mask(size):
    """The mask in which every position looks at itself and at what is before it: ones on and below the diagonal."""
    return constant([[int(key <= query) for key in range(size)] for query in range(size)])
