"""How many metastases, how large, and when they show: closed forms and renewal equations of the literature."""

import math
from collections.abc import Callable

import numpy as np

from selfseed.theory.birth_death import extinction_probability, geometric_ratio


def number_and_burden(founding: float, growth: float, days: float) -> tuple[float, float]:
    r"""Return the expected metastases of an exponential tumour that started as one cell, and the cells in them.

    Metastases grow like the primary, without deaths:

    .. math:: N = \frac{\mu}{a} (e^{aT} - 1), \qquad M = \mu T e^{aT} .

    Parameters
    ----------
    founding : float, >= 0 [1/day]
        mu, metastases founded per cell and day.
    growth : float, > 0 [1/day]
    days : float, >= 0 [day]

    Returns
    -------
    number : float
    burden : float [cells]

    References
    ----------
    Iwata, Kawasaki & Shigesada (2000), https://doi.org/10.1006/jtbi.2000.1075

    Examples
    --------
    >>> [round(value, 4) for value in number_and_burden(1e-9, 0.05, 400.0)]
    [9.7033, 194.0661]
    """
    return founding / growth * math.expm1(growth * days), founding * days * math.exp(growth * days)


def tail_exponent(primary_growth: float, metastasis_growth: float) -> float:
    r"""Return the exponent of the tail of metastasis sizes, :math:`P(Y > y) \sim y^{-\delta / \lambda}`.

    Parameters
    ----------
    primary_growth, metastasis_growth : float, > 0 [1/day]
        delta and lambda.

    Returns
    -------
    float, > 0

    References
    ----------
    Nicholson & Antal (2016), https://doi.org/10.1007/s11538-016-0221-x

    Examples
    --------
    >>> tail_exponent(0.03, 0.05)    # metastases that outgrow the primary: a heavy tail, without a variance
    0.6
    """
    return primary_growth / metastasis_growth


def size_tail(size: int, number_growth: float, birth: float, death: float, longest_days: float = math.inf) -> float:
    r"""Return the chance that a metastasis has at least some cells, when ever more are founded.

    Metastases are founded by one cell each at a rate that grows as :math:`e^{l t}`, so that their ages are exponential;
    each is a birth-death process. Without deaths this is the law of Yule and Simon, :math:`k B(k, y)` with
    :math:`k = l / b`:

    .. math:: P(Y \geq y) = \int_0^T \frac{l e^{-l a}}{1 - e^{-l T}} (1 - p_0(a)) \beta(a)^{y - 1} da

    Parameters
    ----------
    size : int, > 0 [cells]
    number_growth : float, > 0 [1/day]
        l
    birth, death : float, birth > 0 [1/day]
        Of the cells of a metastasis.
    longest_days : float, > 0 [day]
        T, since the first was founded.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Yule (1925), https://doi.org/10.1098/rstb.1925.0002; Simon (1955), https://doi.org/10.1093/biomet/42.3-4.425

    Examples
    --------
    >>> from scipy.special import beta
    >>> round(size_tail(100, 0.6, 1.0, 0.0), 6), round(0.6 * float(beta(0.6, 100)), 6)
    (0.056445, 0.056445)
    """
    from scipy.integrate import quad

    longest = min(longest_days, 40.0 / number_growth)

    def density(age: float) -> float:
        alive = 1.0 - extinction_probability(birth, death, age)
        return number_growth * math.exp(-number_growth * age) * alive * geometric_ratio(birth, death, age) ** (size - 1)

    pieces = [longest * piece / 64 for piece in range(65)]
    total = math.fsum(quad(density, *ends)[0] for ends in zip(pieces[:-1], pieces[1:], strict=True))
    return total / -math.expm1(-number_growth * longest)


def relapse_chance(
    founding: float, primary_growth: float, birth: float, death: float, cells: float, visible: float, days: float
) -> float:
    r"""Return the chance that a metastasis is visible some days after the primary was cut out at a size.

    The primary grows from one cell at rate r and founds metastases at rate nu per cell; each is a birth-death process
    of its own, visible from M cells on:

    .. math:: 1 - \exp\left(-\nu \int_0^T e^{rs} P(N_{T + t - s} \geq M) ds\right), \qquad
              P(N_a \geq M) = (1 - p_0(a)) \beta(a)^{M - 1} .

    Parameters
    ----------
    founding : float [1/day]
    primary_growth, birth, death : float [1/day]
    cells, visible : float [cells]
        The primary when it is cut out; a visible metastasis.
    days : float, >= 0 or inf [day]
        Since surgery; ``math.inf`` asks for relapse at any time.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Avanzini & Antal (2019), https://doi.org/10.1371/journal.pcbi.1007423

    Examples
    --------
    >>> round(relapse_chance(1e-10, 0.01, 0.2, 0.18, 1e9, 1e8, math.inf), 5)
    0.63212
    >>> round(relapse_chance(1e-10, 0.01, 0.2, 0.18, 1e9, 1e8, 750.0), 4)
    0.3934
    """
    if math.isinf(days):
        return -math.expm1(-founding * cells / primary_growth * (1.0 - death / birth))
    age_at_surgery = math.log(cells) / primary_growth
    moments = np.linspace(0.0, age_at_surgery, 20_001)
    shown = np.array([_reaches(visible, birth, death, age_at_surgery + days - moment) for moment in moments])
    return -math.expm1(-founding * float(np.trapezoid(np.exp(primary_growth * moments) * shown, moments)))


def _reaches(size: float, birth: float, death: float, age: float) -> float:
    alive = 1.0 - extinction_probability(birth, death, age)
    return alive * math.exp((size - 1.0) * math.log(max(geometric_ratio(birth, death, age), 1e-300)))


def size_spectrum_slope(number_growth: float, metastasis_growth: float) -> float:
    r"""Return the slope of the density of sizes in a log-log plot, :math:`-(1 + l / a)`.

    Parameters
    ----------
    number_growth : float [1/day]
        l, at which the number of new metastases grows.
    metastasis_growth : float, > 0 [1/day]
        a.

    Returns
    -------
    float, < -1

    References
    ----------
    Iwata, Kawasaki & Shigesada (2000), https://doi.org/10.1006/jtbi.2000.1075

    Examples
    --------
    >>> size_spectrum_slope(0.05, 0.05)
    -2.0
    """
    return -(1.0 + number_growth / metastasis_growth)


def renewal(
    by_primary: Callable[[np.ndarray], np.ndarray],
    by_founded: Callable[[np.ndarray], np.ndarray] | None,
    days: np.ndarray,
) -> np.ndarray:
    r"""Return what is founded per day when what was founded founds in its turn.

    .. math:: B(t) = \beta_0(t) + \int_0^t B(s) \beta(t - s) ds

    Parameters
    ----------
    by_primary, by_founded : callable float[n] [day] -> float[n] [1/day]
        What the first tumour, and each founded one, founds per day at an age; None: the founded found nothing.
    days : float[n], equally spaced from 0 [day]

    Returns
    -------
    float[n] [1/day]

    References
    ----------
    Iwata, Kawasaki & Shigesada (2000), https://doi.org/10.1006/jtbi.2000.1075

    Examples
    --------
    >>> steady = lambda days: np.full_like(days, 0.1)
    >>> round(float(renewal(steady, steady, np.linspace(0.0, 10.0, 1001))[-1]), 4), round(0.1 * math.exp(0.1 * 10.0), 4)
    (0.2718, 0.2718)
    """
    own = by_primary(days)
    if by_founded is None:
        return own
    kernel = by_founded(days)
    step = days[1] - days[0]
    founded = np.empty_like(own)
    founded[0] = own[0]
    for now in range(1, own.size):
        past = founded[:now] @ kernel[now:0:-1] - 0.5 * founded[0] * kernel[now]
        founded[now] = (own[now] + step * past) / (1.0 - 0.5 * step * kernel[0])
    return founded


def malthus_rate(founding_by: Callable[[np.ndarray], np.ndarray], longest_days: float) -> float:
    r"""Return the rate at which everything grows in the end: the root l of :math:`\int \beta(x(s)) e^{-ls} ds = 1`.

    Parameters
    ----------
    founding_by : callable float[n] [day] -> float[n] [1/day]
        What a tumour founds per day at an age.
    longest_days : float [day]
        Beyond this age nothing is counted.

    Returns
    -------
    float [1/day]

    References
    ----------
    Iwata, Kawasaki & Shigesada (2000), https://doi.org/10.1006/jtbi.2000.1075

    Examples
    --------
    >>> round(malthus_rate(lambda ages: np.full_like(ages, 0.01), 2000.0), 6)
    0.01
    """
    from scipy.optimize import brentq

    ages = np.linspace(0.0, longest_days, 400_001)
    own = founding_by(ages)
    return float(brentq(lambda rate: np.trapezoid(own * np.exp(-rate * ages), ages) - 1.0, 1e-6, 1.0))
