"""Energies and relaxed structures by extended tight binding (tblite)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.optional import import_optional
from electrolyte_ml.quantum.geometry import Molecule
from electrolyte_ml.quantum.table import XtbProtocol

HARTREE_EV = 27.211386245988  # CODATA 2018
# A structure is accepted up to this many times the tolerance of the gradient.
_LOOSEST = 10.0
_LONGEST_STEP = 0.3  # bohr
_DISPLACEMENT = 0.01  # bohr, of numerical curvatures


class ConvergenceError(ElectrolyteError, RuntimeError):
    """An electronic or geometric iteration did not converge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """A relaxed structure.

    Attributes
    ----------
    energy_ev
        Total energy, eV.
    positions
        Positions, bohr, shape (a, 3).
    """

    energy_ev: float
    positions: NDArray[np.float64]


class Surface:
    """The potential energy surface of a molecule in one charge state.

    Parameters
    ----------
    subject
        The molecule.
    positions
        Positions to start from, bohr, shape (a, 3).
    electrons_removed
        1 for the oxidised, -1 for the reduced molecule.
    method
        ``GFN2-xTB`` or ``IPEA1-xTB``.
    solvent
        Solvent of ALPB; None for the gas phase.
    """

    def __init__(
        self,
        subject: Molecule,
        positions: NDArray[np.float64],
        electrons_removed: int = 0,
        method: str = "GFN2-xTB",
        solvent: str | None = None,
    ) -> None:
        interface = import_optional("tblite.interface")
        charge = subject.charge + electrons_removed
        unpaired = int(subject.numbers.sum() - charge) % 2
        self._calculator = interface.Calculator(
            method, subject.numbers, positions, charge=float(charge), uhf=unpaired
        )
        self._calculator.set("verbosity", 0)
        self._calculator.set("max-iter", 500)
        if solvent is not None:
            self._calculator.add("alpb-solvation", solvent)
        self._last: Any = None
        self._positions = positions

    def evaluate(self, positions: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Energy, hartree, and gradient, hartree/bohr, shape (3a,).

        Raises
        ------
        ConvergenceError
            If the electronic iteration does not converge.
        """
        self._calculator.update(positions.reshape(-1, 3))
        try:
            self._last = self._single_point()
        except RuntimeError as error:
            raise ConvergenceError(f"electronic iteration: {error}") from error
        return float(self._last.get("energy")), self._last.get("gradient").ravel()

    def _single_point(self) -> Any:
        if self._last is None:
            return self._calculator.singlepoint()
        try:
            return self._calculator.singlepoint(self._last)
        except RuntimeError:
            # The charges of the last structure can be a worse start than none.
            return self._calculator.singlepoint()

    def energy_ev(self) -> float:
        """Energy at the positions the surface was made with, eV."""
        return self.evaluate(self._positions)[0] * HARTREE_EV

    def frontier_ev(self) -> tuple[float, float]:
        """Energies of the highest occupied and the lowest empty orbital, eV; closed shells only."""
        self.evaluate(self._positions)
        energies = self._last.get("orbital-energies").ravel() * HARTREE_EV
        occupied = round(float(self._last.get("orbital-occupations").sum()) / 2)
        return float(energies[occupied - 1]), float(energies[occupied])

    def charges(self) -> NDArray[np.float64]:
        """Atomic charges at the positions the surface was made with, e, shape (a,)."""
        self.evaluate(self._positions)
        charges: NDArray[np.float64] = self._last.get("charges")
        return charges

    def curvature(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Second derivatives from differences of gradients, hartree/bohr2, shape (3a, 3a).

        Parameters
        ----------
        positions
            Bohr, shape (3a,).

        Raises
        ------
        ConvergenceError
            If the electronic iteration does not converge.
        """
        found = np.empty((positions.size, positions.size))
        for row, step in zip(found, np.eye(positions.size) * _DISPLACEMENT, strict=True):
            ahead, behind = self.evaluate(positions + step)[1], self.evaluate(positions - step)[1]
            row[:] = (ahead - behind) / (2 * _DISPLACEMENT)
        return (found + found.T) / 2

    def relax(self, softness: NDArray[np.float64], protocol: XtbProtocol) -> Relaxed:
        """Relax the structure.

        Parameters
        ----------
        softness
            Preconditioner from `electrolyte_ml.quantum.geometry.softness`, shape (3a, 3a).
        protocol
            Tolerance and number of steps.

        Raises
        ------
        ConvergenceError
            If the gradient stays above ten times the tolerance.
        """
        if len(self._positions) == 1:
            return Relaxed(energy_ev=self.energy_ev(), positions=self._positions)
        try:
            return self._descend(softness, protocol, _LONGEST_STEP)
        except ConvergenceError:
            # A too long first step can spoil the electronic iteration; retry with short steps.
            self._last = None
            return self._descend(softness, protocol, _LONGEST_STEP / 10)

    def _descend(
        self, softness: NDArray[np.float64], protocol: XtbProtocol, longest_step: float
    ) -> Relaxed:
        from scipy.optimize import minimize

        start = self._positions.ravel()
        largest = np.inf
        descent = softness @ (softness.T @ self.evaluate(start)[1])
        # The first step of L-BFGS-B has length one: make that the Newton step, or a shorter one.
        length = float(np.linalg.norm(np.linalg.solve(softness, descent)))
        length *= min(1.0, longest_step / float(np.abs(descent).max()))
        scaled = softness * length

        def function(y: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            nonlocal largest
            energy, gradient = self.evaluate(start + scaled @ y)
            largest = float(np.abs(gradient).max())
            return energy, scaled.T @ gradient

        def stop(_: NDArray[np.float64]) -> None:
            # The last evaluation of a step is the accepted one.
            if largest < protocol.gradient_tolerance:
                raise StopIteration

        found = minimize(
            function,
            np.zeros_like(start),
            jac=True,
            method="L-BFGS-B",
            callback=stop,
            options={"maxiter": protocol.max_steps, "gtol": 0.0, "ftol": 1e-11, "maxls": 30},
        )
        if largest > _LOOSEST * protocol.gradient_tolerance:
            raise ConvergenceError(
                f"relaxation stopped at a gradient of {largest:.1e} hartree/bohr, "
                f"{protocol.gradient_tolerance:.0e} is asked for"
            )
        positions = (start + scaled @ found.x).reshape(-1, 3)
        return Relaxed(energy_ev=float(found.fun) * HARTREE_EV, positions=positions)
