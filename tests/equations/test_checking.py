"""What the checker reads, what it accepts, and above all what it refuses, with words that help."""

import pytest

from equations.checking import check, declares
from equations.reading import Unreadable, normalise, read
from equations.words import spoken

HIDDEN = r", \qquad \text{for } l = 1, \dots, L-1"

TRUE = [
    ("neuron", r"z = w_1 x_1 + w_2 x_2 + \cdots + w_n x_n + b = \sum_{j=1}^{n} w_j x_j + b"
               r" = w^{\mathsf T} x + b"),
    ("neuron", r"\nabla_w C = (a - y) x, \qquad \frac{\partial C}{\partial b} = a - y"),
    ("neuron", r"w \leftarrow w - \eta (a - y) x"),
    ("neuron", r"\frac{\partial^2 C}{\partial b^2} = a (1 - a)"),
    ("activations", r"\tanh'(z) = 1 - \tanh(z)^2"),
    ("activations", r"\operatorname{ReLU}(z) = \max(0, z) = \begin{cases} z & \text{if } z > 0 \\ "
                    r"0 & \text{otherwise} \end{cases}"),
    ("layer", r"\begin{bmatrix} z_1 \\ z_2 \\ \vdots \\ z_{n_1} \end{bmatrix} = "
              r"\begin{bmatrix} w_{11} & w_{12} & \cdots & "
              r"w_{1 n_0} \\ w_{21} & w_{22} & \cdots & w_{2 n_0} \\ \vdots & \vdots & \ddots & \vdots \\ w_{n_1 1} & "
              r"w_{n_1 2} & \cdots & w_{n_1 n_0} \end{bmatrix} x + b"),
    ("layer-batch", r"X = \begin{bmatrix} | & | & & | \\ x^{(1)} & x^{(2)} & \cdots & x^{(m)} \\ "
                    r"| & | & & | \end{bmatrix}"),
    ("network", r"\begin{aligned} Z^{[l]} &= W^{[l]} A^{[l-1]} + b^{[l]} \\ A^{[l]} &= \sigma(Z^{[l]}) \end{aligned}"),
    ("network", r"a^{[l+1](i)} = \sigma\bigl(W^{[l+1]} a^{[l](i)} + b^{[l+1]}\bigr), \qquad l = 0, \dots, L-1"),
    ("network", r"\theta \leftarrow \theta - \eta \nabla C"),
    ("network", r"\frac{\partial C}{\partial \theta_k} \approx \frac{C(\theta + 0.0001 e_k) - C(\theta - 0.0001 e_k)}"
                r"{2 \cdot 0.0001}"),
    ("network-penalty", r"C = \frac1m \mathcal L + \frac\lambda2 \sum_{l=1}^{L} \lVert W^{[l]} \rVert^2"),
    ("network-penalty", r"\frac{\partial C}{\partial W^{[l]}} = \frac1m \Delta^{[l]} (A^{[l-1]})^\top "
                        r"+ \lambda W^{[l]}"),
    ("logistic", r"\frac{\partial C}{\partial w_j} = \frac1m \sum_{i=1}^m (a^{(i)} - y^{(i)}) x^{(i)}_j"),
    ("minibatch", r"\nabla C_{\mathcal B} = \frac{1}{|\mathcal B|} \sum_{i \in \mathcal B} \nabla C^{(i)}"),
    ("bowl", r"f(w) = \tfrac12 \left( w_1^2 + 10 w_2^2 \right), \qquad "
             r"\nabla f = \begin{bmatrix} w_1 \\ 10 w_2 \end{bmatrix}"),
    ("bowl", r"w^{(t+1)} = w^{(t)} - \eta \nabla f(w^{(t)})"),
    ("descent", r"C(\theta + \epsilon u) \approx C(\theta) + \epsilon g^{\mathsf T} u, \qquad "
                r"g^{\mathsf T} u = \lVert g \rVert \cos \phi"),
    ("chain", r"\frac{\mathrm{d}y}{\mathrm{d}x} = \frac{dy}{du} \frac{du}{dx} = f'(u) g'(x)"),
    ("softmax", r"\frac{\partial}{\partial z_k} \log \sum_{j=1}^{n} e^{z_j} = s_k, \qquad "
                r"J = \operatorname{diag}(s) - s s^\top"),
    ("classes", r"\hat c^{(i)} = \arg\max_j A_{ji}, \qquad \text{accuracy} = \frac1m \sum_{i=1}^m "
                r"\mathbb{1}[\hat c^{(i)} = c^{(i)}]"),
    ("initial", r"\operatorname{Var}(z) = n_{in} \operatorname{Var}(w_1) \operatorname{Var}(x)"),
    ("initial", r"\operatorname{Var}(w_k x_k) = \operatorname{E}(w_k^2 x_k^2)"),
    ("initial-relu", r"\operatorname{Var}(z) = n_{in} \operatorname{Var}(w) \operatorname{E}(x^2), \qquad "
                     r"x_k = \operatorname{ReLU}(u_k)"),
    ("initial-back", r"g = \sum_{j=1}^{n_{out}} w_j \delta_j"),
    ("initial-deep", r"\operatorname{Var}(z^{[1]}) = n_0 \operatorname{Var}(w^{[1]}) \operatorname{Var}(x)"),
    ("network-twins", r"A^{[1]}_{1i} = A^{[1]}_{2i}, \qquad \Delta^{[1]}_{1i} = \Delta^{[1]}_{2i}"),
    ("momentum", r"v_t = \beta v_{t-1} + g_t, \qquad \theta_t = \theta_{t-1} - \eta v_t"),
    ("nesterov", r"\theta_t = \theta_{t-1} - \eta (g_t + \beta v_t)"),
    ("rmsprop", r"s_t = \beta s_{t-1} + (1 - \beta) g_t \odot g_t, \qquad \theta_t = \theta_{t-1} - \eta "
                r"\frac{g_t}{\sqrt{s_t} + \epsilon}"),
    ("adam", r"\hat m_t = \frac{m_t}{1 - \beta_1^t}, \qquad \theta_t = \theta_{t-1} - \eta "
             r"\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}"),
    ("momentum", r"v \leftarrow \beta v + g, \qquad \theta \leftarrow \theta - \eta v"),
    ("convolution", r"Z_{ij} = \sum_{p=1}^{k} \sum_{q=1}^{k} W_{pq} X_{i+p-1, j+q-1} + b"),
    ("convolution", r"\frac{\partial C}{\partial W_{pq}} = \sum_{i,j} \Delta_{ij} X_{i+p-1, j+q-1}"),
    ("pooling", r"A_{ij} = \max(X_{2i-1, 2j-1}, X_{2i-1, 2j}, X_{2i, 2j-1}, X_{2i, 2j})"),
    ("recurrent", r"h_t = \tanh(W x_t + U h_{t-1} + b)"),
    ("recurrent", r"\delta_{t-1} = U^{\mathsf T} \delta_t \odot \sigma'(z_{t-1}), \qquad \text{for } t = 2, \dots, T"),
    ("recurrent", r"\frac{\partial C}{\partial U} = \sum_{t=1}^{T} \delta_t h_{t-1}^{\mathsf T}"),
    ("lstm", r"f_t = \operatorname{sigmoid}(W_f x_t + U_f h_{t-1} + b_f)"),
    ("lstm", r"c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh(c_t)"),
    ("gan", r"C_D = -\frac1m \sum_{i=1}^{m} \left( \log D(x^{(i)}) + \log\bigl(1 - D(G(z^{(i)}))\bigr) \right)"),
    ("numbers", r"784 \cdot 16 + 16 + 16 \cdot 16 + 16 + 16 \cdot 10 + 10 = 13\,002"),
    ("numbers", r"\frac{1}{1 + e^{-2}} \approx 0.8808"),
]


@pytest.mark.parametrize(("scene", "tex"), TRUE, ids=[f"{s}-{k}" for k, (s, _) in enumerate(TRUE)])
def test_true_equations_pass(scene, tex):
    verdict = check(tex, scene)
    assert verdict.ok, verdict.message
    assert verdict.cases > 0
    assert declares(scene, tex)


FALSE = [
    ("initial-relu", r"\operatorname{Var}(z) = n_{in} \operatorname{Var}(w) \operatorname{Var}(x)", "but"),
    ("network-twins", r"A^{[1]}_{1i} = A^{[1]}_{3i}", "but"),
    ("network", r"W^2 = W", "W"),
    # (scene, equation, words the message must contain)
    ("network", r"Z^{[l]} = A^{[l-1]} W^{[l]} + b^{[l]}", "does not fit"),
    ("network", r"\Delta^{[l]} = W^{[l+1]} \Delta^{[l+1]} \odot \sigma'(Z^{[l]})" + HIDDEN, "transpose the left one"),
    ("network", r"\Delta^{[l]} = (W^{[l+1]})^{\mathsf T} \Delta^{[l+1]} \odot \sigma'(Z^{[l]})", "say for which l"),
    ("network", r"\frac{\partial C}{\partial b^{[l]}} = \Delta^{[l]} \mathbf 1", "m too much"),
    ("network", r"\frac{\partial C}{\partial W^{[l]}} = -\frac1m \Delta^{[l]} (A^{[l-1]})^\top", "the sign"),
    ("network", r"C = \frac1m \sum_{i=1}^{m} \lVert a^{[L](i)} - y^{(i)} \rVert^2", "2 times"),
    ("network", r"C^{(i)} = \sum_{j=1}^{m} (A^{[L]}_{ji} - Y_{ji})^2", "runs to"),
    ("network", r"A^{[l]} = A^{[l]}", "the same"),
    ("network", r"X = X", "the same"),
    ("network", r"A^{[L]} \odot (1 - A^{[L]}) = \sigma'(Z^{[L]})", "[with tanh]"),
    ("network", r"Z^{[l]} = W^{[l]} A^{[l-1]} + q", "does not know the symbol q"),
    ("network", r"A^{[l]}_{ij} = \sigma(Z^{[l]}_{ij}) + x^{(j)}_j", "different sizes"),
    ("relu-softmax", r"\Delta^{[1]} = \nabla_{A^{[1]}} C \odot \operatorname{ReLU}'(Z^{[1]})", "1/m"),
    ("example", r"C = \frac1m \lVert a^{[L]} - y \rVert^2", "does not know the symbol m"),
    ("neuron", r"C = \log(-a)", "not positive"),
    ("neuron", r"\sigma'(z) = a' (1 - a)", "prime"),
    ("neuron", r"w \leftarrow w + \eta (a - y) x", "is ["),
    ("activations", r"\operatorname{ReLU}(z) = \begin{cases} z & \text{if } z > 0 \\ 0 & \text{if } z > 9 \end{cases}",
     "no case"),
    ("activations", r"\operatorname{ReLU}(z) = \begin{cases} 7 & \text{if } z > 99 \\ z & \text{if } z > 0 \\ "
                    r"0 & \text{otherwise} \end{cases}", "no draw ever met"),
    ("softmax", r"\sum_{j=1}^{n} s_i = 1", "indexes"),
    ("softmax", r"s_i = \frac{e^{z_i}}{\sum_{j=2}^{n} e^{z_j}}", "is "),
    ("momentum", r"v_t = \beta v_{t-1} + g_{t-1}", "at t = 2"),
    ("numbers", r"784 \cdot 16 + 16 = 12544", "is 1.256e+04"),
    ("numbers", r"\frac{1}{1 + e^{-2}} \approx 0.8809", "is 0.8808"),
    ("layer-batch", r"X = \begin{bmatrix} x^{(1)} & x^{(3)} & \cdots & x^{(m)} \end{bmatrix}", "breaks the pattern"),
    ("layer", r"z_j = \sum_{k} W_{kj} x_k + b_j", "different sizes"),
]


@pytest.mark.parametrize(("scene", "tex", "words"), FALSE, ids=[f"{s}-{k}" for k, (s, _, _) in enumerate(FALSE)])
def test_false_equations_are_refused_and_the_message_says_why(scene, tex, words):
    verdict = check(tex, scene)
    assert not verdict.ok
    assert words in verdict.message, verdict.message


BROKEN = [r"a = \frac{1}", "a = (b", r"a = b \quad \unknown", "", r"\begin{bmatrix} 1 & 2 \\", "a + b"]


@pytest.mark.parametrize("tex", BROKEN)
def test_what_cannot_be_read_says_so(tex):
    verdict = check(tex, "neuron")
    assert not verdict.ok
    assert verdict.message


def test_blanking_keeps_every_position():
    tex = r"\left( \underbrace{w x}_{\text{weighted}} \right)^{2}\, + \boxed{b} \quad \text{for } l = 1, \dots, L"
    assert len(normalise(tex)) == len(tex)
    statement = read(r"a = \left( z \right) b")[0]
    chain = statement.items[0]
    assert statement.source(chain.kids[1].kids[0]) == r"$\left( z \right)$"


def test_an_unknown_environment_is_unreadable():
    with pytest.raises(Unreadable):
        read(r"a = \begin{tabular} b \end{tabular}")


def test_a_scene_is_chosen_by_symbols_not_by_truth():
    wrong = r"Z^{[l]} = W^{[l]} A^{[l-1]} - b^{[l]}"
    assert declares("network", wrong)
    assert not declares("network", "z = w x + b")
    assert not declares("neuron", r"Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}")


def test_let_is_evaluated_in_the_order_it_needs():
    let = {"a": "1 / s", "s": "1 + v", "v": "exp(-z)", "z": "normal()"}
    assert check(r"a = \frac{1}{s} = \frac{1}{1 + e^{-z}}, \qquad \frac{da}{dz} = a (1 - a)", "free", let=let).ok
    circle = check("a = b", "free", let={"a": "b + 1", "b": "a - 1"})
    assert not circle.ok
    assert "made of" in circle.message


def test_sizes_can_be_fixed():
    assert check(r"x \in \mathbb{R}^{784 \times 1}", "neuron", {"n": 784}).ok
    assert check(r"W^{[1]} \in \mathbb{R}^{16 \times 784}", "example", {"n": [784, 16, 10]}).ok
    assert not check(r"W^{[1]} \in \mathbb{R}^{784 \times 16}", "example", {"n": [784, 16, 10]}).ok


def test_membership_sees_labels_as_data_has_them():
    assert check(r"y^{(i)} \in \{0, 1\}", "logistic").ok
    assert not check(r"y^{(i)} \in \{0, 2\}", "logistic").ok
    assert not check(r"z^{(i)} \in \{0, 1\}", "logistic").ok


def test_an_equation_is_read_aloud():
    assert spoken(r"Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}", "network") == (
        "capital Z of layer l equals capital W of layer l times capital A of layer l minus 1 plus b of layer l")
