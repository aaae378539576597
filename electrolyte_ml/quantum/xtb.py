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


@dataclass(frozen=True, slots=True, kw_only=True)
class Orbitals:
    """Molecular orbitals as combinations of the orbitals of atoms.

    Attributes
    ----------
    energy_ev
        Energies, rising, eV, shape (b,).
    coefficients
        One orbital a column, shape (b, b).
    overlap
        Overlap of the orbitals of atoms, shape (b, b).
    atom
        Atom of each of those, shape (b,).
    n_occupied
        Orbitals with two electrons.
    """

    energy_ev: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    overlap: NDArray[np.float64]
    atom: NDArray[np.int_]
    n_occupied: int

    def shares(self, number: int) -> NDArray[np.float64]:
        """Share of each atom in one orbital by Mulliken's analysis, shape (a,)."""
        column = self.coefficients[:, number]
        shares: NDArray[np.float64] = np.zeros(int(self.atom.max()) + 1)
        np.add.at(shares, self.atom, column * (self.overlap @ column))
        return shares

    def levels_ev(self, of_part: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Energies of the orbitals of some atoms alone, in the field of all, eV, rising.

        Parameters
        ----------
        of_part
            Which atoms, shape (a,).
        """
        from scipy.linalg import eigh

        # F C = S C e with C^T S C = 1; the matrix that tblite keeps lacks the potentials.
        held = of_part[self.atom]
        rotated = self.overlap[held] @ self.coefficients
        fock, overlap = (rotated * self.energy_ev) @ rotated.T, self.overlap[np.ix_(held, held)]
        levels: NDArray[np.float64] = eigh(fock, overlap, eigvals_only=True)
        return levels


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
    permittivity
        Relative permittivity of a conductor-like continuum (CPCM), in place of ALPB: ten times
        as slow, and right about the field of an ion next to the molecule.
    """

    def __init__(
        self,
        subject: Molecule,
        positions: NDArray[np.float64],
        electrons_removed: int = 0,
        method: str = "GFN2-xTB",
        solvent: str | None = None,
        *,
        permittivity: float | None = None,
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
        if permittivity is not None:
            self._calculator.add("ddX-solvation", permittivity, "cpcm")
        self._last: Any = None
        self._evaluated: NDArray[np.float64] | None = None
        self._positions = positions

    def evaluate(self, positions: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Energy, hartree, and gradient, hartree/bohr, shape (3a,).

        Raises
        ------
        ConvergenceError
            If the electronic iteration does not converge.
        """
        self._calculator.update(positions.reshape(-1, 3))
        self._evaluated = None
        try:
            self._last = self._single_point()
        except RuntimeError as error:
            raise ConvergenceError(f"electronic iteration: {error}") from error
        self._evaluated = positions
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
        self._evaluate_start()
        return float(self._last.get("energy")) * HARTREE_EV

    def _evaluate_start(self) -> None:
        """Evaluate the positions the surface was made with, if they are not the last ones."""
        if self._evaluated is not self._positions:
            self.evaluate(self._positions)

    def frontier_ev(self) -> tuple[float, float]:
        """Energies of the highest occupied and the lowest empty orbital, eV; closed shells only."""
        self._evaluate_start()
        energies = self._last.get("orbital-energies").ravel() * HARTREE_EV
        occupied = round(float(self._last.get("orbital-occupations").sum()) / 2)
        return float(energies[occupied - 1]), float(energies[occupied])

    def orbitals(self) -> Orbitals:
        """Orbitals at the positions the surface was made with; closed shells only."""
        self._calculator.set("save-integrals", 1)
        self.evaluate(self._positions)
        shells = self._calculator.get("shell-map")
        return Orbitals(
            energy_ev=self._last.get("orbital-energies").ravel() * HARTREE_EV,
            coefficients=self._last.get("orbital-coefficients"),
            overlap=self._last.get("overlap-matrix"),
            atom=shells[self._calculator.get("orbital-map")],
            n_occupied=round(float(self._last.get("orbital-occupations").sum()) / 2),
        )

    def charges(self) -> NDArray[np.float64]:
        """Atomic charges at the positions the surface was made with, e, shape (a,)."""
        self._evaluate_start()
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
