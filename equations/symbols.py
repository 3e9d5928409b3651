"""The symbols of the book, declared once: how each is read aloud, its colour, its meaning, its name in code.

How a symbol gets its value is the scene's business (equations/scenes.py); what it means is the same
everywhere, but for the few letters that chapters share, and those say so. The notation appendix prints this
table. Colours are roles of the palette (website/style/palette.json): x W b z y delta cost eta, or none.
"""

from dataclasses import dataclass

from equations.reading import Unreadable, read


@dataclass(frozen=True)
class Meaning:
    """What a printed symbol means. scenes: the scenes it is limited to, if the letter means more than one thing."""

    printed: str
    words: str
    role: str
    meaning: str
    code: str = ""
    shape: str = ""
    scenes: tuple = ()


OPTIMISERS = ("gradient-descent", "momentum", "nesterov", "rmsprop", "adam")
RAVINES = ("ravine", "ravine-momentum")
SLOPES = ("bowl", "parabola", "descent", "chain", *RAVINES)

SYMBOLS = [
    Meaning("x", "x", "x", "input of one example", "x", "(n_0, 1)"),
    Meaning("X", "capital X", "x", "inputs, one example per column", "x", "(n_0, m)"),
    Meaning("x", "x", "x", "component of theta along q", "", "number", RAVINES),
    Meaning("a", "a", "x", "activation", "a", "(n_l, 1)"),
    Meaning("A", "capital A", "x", "activations, one example per column", "a", "(n_l, m)"),
    Meaning(r"\hat{y}", "y hat", "x", "what the network answers", "a", "(n_L, 1)"),
    Meaning(r"\hat{Y}", "capital Y hat", "x", "the network's answers, one per column", "a", "(n_L, m)"),
    Meaning("s", "s", "x", "softmax of z", "a", "(n, 1)", ("softmax",)),
    Meaning("S", "capital S", "x", "softmax of z", "a", "(n, 1)", ("softmax",)),
    Meaning("s^{(T)}", "s at temperature T", "x", "softmax of z over the temperature", "", "(n, 1)", ("softmax",)),
    Meaning("p", "p", "x", "predicted probability", "a", ""),
    Meaning(r"\hat{c}", "c hat", "x", "predicted class", "predict(x)", "number per example"),
    Meaning("W", "capital W", "W", "weights; row j belongs to neuron j", "W", "(n_l, n_{l-1})"),
    Meaning("w", "w", "W", "weight", "W[j, k]", "number"),
    Meaning(r"\theta", "theta", "W", "all parameters in one column", "parameters", "(P, 1)"),
    Meaning("b", "b", "b", "biases", "b", "(n_l, 1)"),
    Meaning("z", "z", "z", "weighted input", "z", "(n_l, 1)"),
    Meaning("Z", "capital Z", "z", "weighted inputs, one example per column", "z", "(n_l, m)"),
    Meaning("M", "capital M", "z", "the largest weighted input", "z.max(axis=0)", "number", ("softmax",)),
    Meaning("y", "y", "y", "target", "y", "(n_L, 1)"),
    Meaning("Y", "capital Y", "y", "targets, one example per column", "y", "(n_L, m)"),
    Meaning("c", "c", "y", "class of an example", "labels", "number per example", ("classes",)),
    Meaning(r"\delta", "delta", "delta", "error of one example: how its cost changes with z", "delta", "(n_l, 1)"),
    Meaning(r"\Delta", "capital Delta", "delta", "errors, one example per column, no 1/m in it", "delta", "(n_l, m)"),
    Meaning("g", "g", "cost", "gradient of the cost", "gradient", "(P, 1)", (*OPTIMISERS, "descent")),
    Meaning("C", "C", "cost", "cost: the mean over the batch, or that of one example", "cost", "number"),
    Meaning(r"\mathcal{L}", "script L", "cost", "cost summed over the batch", "", "number"),
    Meaning(r"C_{\mathcal{B}}", "C of the mini-batch", "cost", "mean cost of a mini-batch", "batch_cost(y)", "number"),
    Meaning("f", "f", "cost", "a function to be made small", "", "number", SLOPES),
    Meaning("J", "J", "delta", "Jacobian of the softmax", "jacobian(a)", "(n, n)", ("softmax",)),
    Meaning("g", "g", "cost", "error passed back to an activation", "grad_a", "number", ("initial-back",)),
    Meaning("u", "u", "z", "weighted input of the layer before", "z", "number", ("initial-relu",)),
    Meaning(r"\eta", "eta", "eta", "learning rate", "eta", "number"),
    Meaning(r"\lambda", "lambda", "eta", "strength of the penalty", "l2", "number"),
    Meaning(r"\beta", "beta", "eta", "how much of the past is kept", "beta", "number"),
    Meaning(r"\beta_1", "beta 1", "eta", "how much of the past mean is kept", "beta1", "number"),
    Meaning(r"\beta_2", "beta 2", "eta", "how much of the past mean square is kept", "beta2", "number"),
    Meaning(r"\epsilon", "epsilon", "eta", "a small number", "epsilon", "number"),
    Meaning("T", "T", "eta", "temperature", "", "number", ("softmax",)),
    Meaning(r"\alpha", "alpha", "eta", "slope of the leaky ReLU below zero", "slope", "number", ("activations",)),
    Meaning(r"\kappa", "kappa", "eta", "curvature", "", "number", ("parabola", *RAVINES)),
    Meaning("H", "capital H", "cost", "matrix of the second derivatives", "H", "(n, n)", RAVINES),
    Meaning("q", "q", "x", "eigenvector of H, of length 1", "q", "(n, 1)", RAVINES),
    Meaning("v", "v", "delta", "velocity; in Adam the running mean square", "velocity", "(P, 1)", OPTIMISERS),
    Meaning("m", "m", "delta", "running mean of the gradient", "mean", "(P, 1)", ("momentum", "adam")),
    Meaning("u", "u", "delta", "velocity with the learning rate in it", "u", "(P, 1)", ("momentum",)),
    Meaning(r"\phi", "phi", "W", "parameters before the look ahead", "", "(P, 1)", ("nesterov",)),
    Meaning("s", "s", "delta", "running mean of the squared gradient", "mean_square", "(P, 1)", ("rmsprop",)),
    Meaning(r"\hat{m}", "m hat", "delta", "running mean, its start corrected", "", "(P, 1)", ("adam",)),
    Meaning(r"\hat{v}", "v hat", "delta", "running mean square, its start corrected", "", "(P, 1)", ("adam",)),
    Meaning("x", "x", "x", "real example", "x_real", "(n, 1)", ("gan",)),
    Meaning("z", "z", "z", "noise, from which the generator makes an example", "z", "(p, 1)", ("gan",)),
    Meaning("C_D", "C D", "cost", "cost of the discriminator", "discriminator_step(...)", "number", ("gan",)),
    Meaning("C_G", "C G", "cost", "cost of the generator", "generator_step(...)", "number", ("gan",)),
    Meaning("accuracy", "accuracy", "cost", "share of examples answered rightly", "accuracy(...)", "number"),
]

SIZES = [
    Meaning("m", "m", "", "number of examples", "m"),
    Meaning("n_l", "n l", "", "number of neurons of layer l", "n_out"),
    Meaning("n", "n", "", "number of inputs, neurons or classes", ""),
    Meaning("L", "capital L", "", "number of the last layer", ""),
    Meaning(r"\mathcal{B}", "the mini-batch", "", "the examples of a mini-batch", ""),
]

FUNCTIONS = {r"\sigma": "sigma", r"\tanh": "hyperbolic tangent", r"\exp": "e to the", r"\log": "log",
             r"\max": "maximum", r"\min": "minimum", "diag": "diagonal matrix of", "Var": "variance", "E": "mean",
             "Im": "the imaginary part of",
             r"\arg": "the argument of the"}


def meaning(printed, scene=""):
    """The Meaning of a printed name in a scene, or None: an author's own symbol, or one without a meaning."""
    fitting = [m for m in SYMBOLS if m.printed == printed and (not m.scenes or scene in m.scenes)]
    fitting.sort(key=lambda m: not m.scenes)
    if not fitting:
        fitting = [m for m in SIZES if m.printed == printed]
    return fitting[0] if fitting else None


def occurrences(tex, scene, own=()):
    """[(span, printed name)] of the symbols in an equation, outermost first, in the order of the text."""
    from equations.checking import make_scene
    from equations.evaluation import Evaluator
    stage = make_scene(scene)
    found = []

    def visit(node, evaluator, depth):
        if node.kind == "name" or (node.kind == "post" and node.kids[0].kind == "name"):
            name, _ = evaluator.split(node)
            if name in stage.symbols or name in own:
                found.append((node.span, name, depth))
            for script in node.kids[1:]:
                visit(script, evaluator, depth + 1)
            return
        inner = depth + (node.kind in ("subscript", "limits", "upper"))
        for k, kid in enumerate(node.kids):
            if not (node.kind in ("sum", "prod") and k < 2):
                visit(kid, evaluator, inner)
    try:
        for statement in read(tex):
            evaluator = Evaluator(stage, statement)
            for item in statement.items:
                visit(item, evaluator, 0)
    except Unreadable:
        return []
    return sorted(set(found))


def appendix():
    """The table of the notation appendix, in markdown."""
    lines = ["| symbol | read | meaning | in code | shape |", "|---|---|---|---|---|"]
    for m in [*SYMBOLS, *SIZES]:
        printed = r"\text{accuracy}" if m.printed == "accuracy" else m.printed
        shape = f"${m.shape}$" if "_" in m.shape or "," in m.shape else m.shape
        only = f" ({', '.join(m.scenes)})" if len(m.scenes) == 1 else " (optimisers)" if m.scenes == OPTIMISERS else ""
        lines.append(f"| ${printed}$ | {m.words} | {m.meaning}{only} | {f'`{m.code}`' if m.code else ''} | {shape} |")
    return "\n".join(lines)
