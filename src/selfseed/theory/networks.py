r"""Networks without crowding: exact means, covariances and chances that a kind is nowhere.

Cells of kind i divide at rate b_i, die or leave at d_i, and become kind j at rate m_ij, each independently.
"""

import numpy as np


def mean_and_covariance(
    birth: np.ndarray, gone: np.ndarray, move: np.ndarray, start: np.ndarray, days: float
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return mean and covariance of the cells of every kind.

    .. math:: \dot m = A^T m, \qquad \dot C = A^T C + C A + B(m),
              \qquad A_{ii} = b_i - d_i - \sum_j m_{ij}, \quad A_{ij} = m_{ij}

    with :math:`B(m)` the sum over events of their rate times the outer square of what they change.

    Parameters
    ----------
    birth, gone : float[T] [1/day]
        Divisions; deaths and losses.
    move : float[T, T] [1/day]
    start : float[T] [cells]
    days : float [day]

    Returns
    -------
    mean : float[T] [cells]
    covariance : float[T, T]

    References
    ----------
    van Kampen, Stochastic Processes in Physics and Chemistry (2007), chapter 6.
    """
    from scipy.integrate import solve_ivp

    kinds = birth.size
    drift = move + np.diag(birth - gone - move.sum(axis=1))

    def change(_: float, values: np.ndarray) -> np.ndarray:
        mean, covariance = values[:kinds], values[kinds:].reshape(kinds, kinds)
        flow = mean[:, None] * move
        noise = np.diag(mean * (birth + gone) + flow.sum(axis=1) + flow.sum(axis=0)) - flow - flow.T
        both = drift.T @ covariance
        return np.concatenate([drift.T @ mean, (both + both.T + noise).ravel()])

    first = np.concatenate([np.asarray(start, dtype=float), np.zeros(kinds * kinds)])
    solved = solve_ivp(change, (0.0, days), first, method="DOP853", rtol=1e-10, atol=1e-10)
    return solved.y[:kinds, -1], solved.y[kinds:, -1].reshape(kinds, kinds)


def nowhere(
    birth: np.ndarray, gone: np.ndarray, move: np.ndarray, start: np.ndarray, days: float, kinds: np.ndarray
) -> float:
    r"""Return the chance that after ``days`` no cell of some kinds is there.

    The chance :math:`q_i` that a cell of kind i has no such descendant obeys
    :math:`\dot q_i = b_i q_i^2 + d_i + \sum_j m_{ij} q_j - (b_i + d_i + \sum_j m_{ij}) q_i`, from 0 for those kinds and
    1 for the others.

    Parameters
    ----------
    birth, gone, move, start, days : see `mean_and_covariance`
    kinds : bool[T]
        Those that are looked for.

    References
    ----------
    Athreya & Ney, Branching Processes (1972), chapter V.
    """
    from scipy.integrate import solve_ivp

    leaving = birth + gone + move.sum(axis=1)

    def change(_: float, chance: np.ndarray) -> np.ndarray:
        return birth * chance**2 + gone + move @ chance - leaving * chance

    first = np.where(kinds, 0.0, 1.0)
    solved = solve_ivp(change, (0.0, days), first, method="LSODA", rtol=1e-10, atol=1e-12)
    return float(np.prod(solved.y[:, -1] ** start))
