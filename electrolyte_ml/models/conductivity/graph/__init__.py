"""Networks that read graphs of species: DeepChem graphs in, the law of conductivity out.

A third of the ensemble of conductivity, and the representation behind `map`. Training them,
and embedding species that no table holds, needs the extra ``deep``; predicting for species of the
catalog needs numpy alone.
"""
