"""How mutants are made and judged; the book's own are tried in the two files beside this one."""

from equations import checking, mutants
from equations.book import Equation, Result
from equations.checking import check


def kinds_of(tex, scene):
    return {m.kind for m in mutants.make(tex, scene)}


def test_the_kinds_that_readers_complain_of_are_made():
    bp2 = (r"\Delta^{[l]} = (W^{[l+1]})^{\mathsf T} \Delta^{[l+1]} \odot \sigma'(Z^{[l]}), "
           r"\qquad \text{for } l = 1, \dots, L-1")
    assert {"transpose", "order", "product", "prime", "layer", "symbol", "sign", "1/m"} <= kinds_of(bp2, "network")
    bp3 = r"\frac{\partial C}{\partial b^{[l]}_j} = \frac1m \sum_{i=1}^{m} \Delta^{[l]}_{ji}"
    assert {"sum range", "sum axis", "index", "lost sum", "1/m", "factor"} <= kinds_of(bp3, "network")


def test_a_mutant_is_the_original_with_one_edit_that_parses():
    tex = r"C = -\left( y \log a + (1 - y) \log(1 - a) \right)"
    made = list(mutants.make(tex, "neuron"))
    assert len(made) >= 10
    assert all(m.tex.count(r"\left") == m.tex.count(r"\right") for m in made)
    assert len({m.tex for m in made}) == len(made)


def judged(tex, scene):
    verdict = check(tex, scene)
    assert verdict.ok, verdict.message
    equation = Equation("eq-draft", tex, None, 0)
    return mutants.try_equation(Result(equation, "executed", verdicts=[verdict]))


def test_a_checker_that_accepts_everything_is_found_out(monkeypatch):
    tex = "z = w^{\\mathsf T} x + b"
    honest = judged(tex, "neuron")
    assert all(m.rejected for m in honest)
    verdict = check(tex, "neuron")
    monkeypatch.setattr(checking.Trial, "compare", lambda *_: None)
    result = Result(Equation("eq-draft", tex, None, 0), "executed", verdicts=[verdict])
    outcome = mutants.try_all([result])
    assert outcome.rejected < outcome.made
    assert any("a wrong version passes" in c for c in outcome.complaints)


def test_mutants_that_say_the_same_are_listed_with_a_reason():
    outcome = mutants.Outcome()
    made = judged(r"J \mathbf 1 = 0, \qquad J^{\mathsf T} \mathbf 1 = 0", "softmax")
    mutants.add(outcome, Equation("eq-draft", "", None, 0), made)
    reasons = {m.equivalent for _, m in outcome.equivalent}
    assert "the matrix is its own transpose" in reasons
