"""Conductivities that laboratories found, read by eye, and those that the model says.

From the compilation EDB-1 (github.com/AmanchukwuLab/electrolytomics, datasets/raw/EDB-1_cond.csv),
which names no papers: the model has learnt these series among others, and has to say them again.
Concentrations have no unit there: in mol/L the series of LiFSI in DMC and in EC have the
same mole ratios of salt and solvent (0.044, 0.10, 0.20, 0.34, 0.5, 0.77), in mol/kg they have not.
"""

import numpy as np

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models import predict_conductivity

# What is dissolved in what, degC, and mS/cm by mol/L.
SERIES = [
    ("LiTFSI in EC", 25, {0.1: 1.6, 0.5: 5.5, 0.75: 6.2, 1: 6.4, 1.25: 6.3, 1.5: 5.5, 2: 4.3}),
    ("LiTFSI in FEC", 25, {0.1: 1.2, 0.25: 2.4, 0.5: 3.3, 0.75: 3.9, 1: 4.0, 1.25: 3.7}),
    ("LiTFSI in FEC", 25, {1.5: 3.6, 2: 3.0}),
    ("LiFSI in DMC", 30, {0.5: 3.35, 1.08: 9.95}),
    ("LiFSI in EC", 30, {0.63: 8.74, 1.34: 9.8}),
    ("LiClO4 in PC", 25, {0.0014111: 0.03614, 0.0041947: 0.10398, 0.0093997: 0.22584}),
    ("LiClO4 in PC", 25, {0.015443: 0.35951, 0.5: 5, 1: 6, 2: 4}),
    ("LiBF4 in PC", 25, {0.0035394: 0.09346, 0.0070786: 0.18001, 0.010613: 0.25962}),
    ("LiClO4 in EC:THF 1:1 v/v", 25, {1: 14}),
    ("LiClO4 in EC:2-MeTHF 1:1 v/v", 25, {1: 9.1}),
    ("LiClO4 in EC:DME 1:1 v/v", 25, {1: 16.6}),
    ("LiClO4 in EC:DOL 1:1 v/v", 25, {1: 14.4}),
    ("LiClO4 in PC:DME 1:1 v/v", 25, {1: 10.5}),
    ("LiClO4 in PC:2-MeTHF 1:1 v/v", 25, {1: 7.4}),
    ("LiClO4 in PC:DOL 1:1 v/v", 25, {1: 8.9}),
    ("LiAsF6 in EC:DME 1:1 v/v", 25, {1.5: 18.3}),
    ("LiAsF6 in EC:DOL 1:1 v/v", 25, {1.5: 13.6}),
    ("LiAsF6 in PC:DME 1:1 v/v", 25, {1.5: 13.4}),
    ("LiAsF6 in PC", 25, {1.5: 5.3}),
    ("LiOTf in EC:THF 1:1 v/v", 25, {1: 5.4}),
    ("LiBF4 in EC:THF 1:1 v/v", 25, {1: 9.5}),
]
CONCENTRATED_DMC = [("LiFSI in DMC", 30, {2.03: 12.2, 3.08: 8.09, 4.02: 4.24, 5.26: 1.73})]
CONCENTRATED_EC = [("LiFSI in EC", 30, {2.46: 5.6, 3.65: 2.35, 4.68: 1.48, 5.99: 0.756})]
IN_DEC = [("LiTFSI in DEC", 25, {0.2: 0.1, 0.5: 0.8, 0.75: 1.6, 1: 2.2, 1.25: 2.5, 2: 2.1})]


def compared(series):
    """Predicted less measured, log10, and the prediction with what was measured."""
    recipes, celsius, measured = [], [], []
    for mixture, degc, values in series:
        for molar, ms_cm in values.items():
            recipes.append(parse_recipe(f"{molar} M {mixture}"))
            celsius.append(degc)
            measured.append(ms_cm)
    found = predict_conductivity(recipes, np.array(celsius) + 273.15)
    return np.log10(found.value / np.array(measured)), found, np.array(measured)


def test_series_that_were_learnt_are_met():
    error, found, measured = compared(SERIES)
    assert len(error) == 42
    assert np.abs(error).mean() < 0.05
    held = (found.low <= measured) & (measured <= found.high)
    assert held.mean() > 0.9


def test_concentrated_solutions_are_met():
    error, found, measured = compared(CONCENTRATED_DMC)
    assert np.abs(error).max() < 0.1
    assert found.in_domain.all()
    _, found, measured = compared(CONCENTRATED_DMC + CONCENTRATED_EC)
    assert ((found.low <= measured) & (measured <= found.high)).all()


def test_solutions_in_a_chain_carbonate_alone_are_met_but_for_the_most_dilute():
    """Salts are ion pairs there: dilute solutions conduct far less than their dilution says."""
    error, found, measured = compared(IN_DEC)
    assert np.abs(error[1:]).max() < 0.15
    # One of the six may lie outside of a 90 % interval.
    assert ((found.low <= measured) & (measured <= found.high)).sum() >= 5
