"""A property of your own, scored, searched and recorded: the refractive index.

A refractometer tells in a minute whether a bottle holds what its label says. The index follows from
density and from refractivities of molecules (Wildman and Crippen, 10.1021/ci990307l). A package
adds such a property to the command line by an entry point: see `electrolyte_ml.properties`.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from rdkit.Chem import Crippen, MolFromSmiles

import electrolyte_ml as eml
from electrolyte_ml.models import predict_density

# At 20 degC and 589 nm; CRC Handbook, from memory: only THF is checked, so look yours up.
MEASURED = {"PC": 1.419, "DMC": 1.369, "DEC": 1.385, "DME": 1.380}
MEASURED |= {"diglyme": 1.410, "GBL": 1.434, "THF": 1.405, "acetonitrile": 1.344}


def lorentz_lorenz(formulations, temperature_k):
    """Refractive index of n recipes; the refractions of molecules and ions add up."""
    refraction = []  # cm3/g
    for f in formulations:
        moles = [(s.solvent, f.moles_per_kg_solvent[s.solvent.name]) for s in f.solvents]
        moles += [(i, s.molality_mol_kg) for s in f.salts for i in (s.salt.cation, s.salt.anion)]
        total = sum(n * Crippen.MolMR(MolFromSmiles(species.smiles)) for species, n in moles)
        refraction.append(total / 1000 / (1 + f.salt_mass_per_kg_solvent))
    x = np.array(refraction) * predict_density(formulations, temperature_k).value
    return np.sqrt((1 + 2 * x) / (1 - x))


PURE = [eml.recipe(name) for name in MEASURED]
ERROR = np.abs(lorentz_lorenz(PURE, np.full(8, 293.15)) - list(MEASURED.values())).max()


def predict(formulations, temperature_k):
    """Value, with the largest error for the eight solvents as interval; salts were not checked."""
    n = lorentz_lorenz(formulations, temperature_k)
    ends = {"low": n - ERROR, "high": n + ERROR, "coverage": 8 / 9}
    notes = tuple("index not checked with salt" if f.salts else None for f in formulations)
    return eml.Prediction(value=n, **ends, in_domain=np.array([not r for r in notes]), reason=notes)


about = {"name": "refractive_index", "label": "refractive index", "lowest": 1, "highest": 2}
eml.register_property(eml.Property(**about, at_temperature=True, predict=predict, digits=4))

if __name__ == "__main__":
    problem, asked = Path(__file__).with_suffix(".toml"), "1 m NaPF6 in DME"
    print(eml.predict(asked, "refractive_index", at="25 degC"))
    print(eml.propose(problem, n=1).to_dict()["proposals"][0]["constraints"])
    with TemporaryDirectory() as folder:
        campaign = eml.Campaign.create(Path(folder, "campaign"), problem)
        # What your refractometer showed.
        seen = {"recipe": [asked], "refractive_index at 25 degC": [1.371]}
        campaign.record(pd.DataFrame(seen))
        print(campaign.tuned()([eml.recipe(asked)], np.array([298.15]))["refractive_index"])
