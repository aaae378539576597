"""Every rule speaks where it must and is silent where a chemist would be."""

import numpy as np
import pytest

import electrolyte_ml as eml
from electrolyte_ml.errors import InputErrors
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.scoring import score_formulations
from electrolyte_ml.rules import Cell, RecipeWarning, Severity, recipe_warnings, rules
from electrolyte_ml.rules.groups import groups, groups_of
from electrolyte_ml.species import default_catalog

HC, NA, LI = {"anode": "hard carbon"}, {"anode": "sodium"}, {"anode": "lithium"}
GRAPHITE = {"anode": "graphite"}

# Rule: recipes (and their cells) that it speaks of, and recipes that it is silent about.
CASES = {
    "perchlorate_ether": (
        ["1 M NaClO4 in DME", "1 M LiClO4 in DOL", "1 M NaClO4 in PC:THF 9:1 wt"],
        ["1 M NaClO4 in PC", "1 M NaPF6 in DME", "1 M NaClO4 in EC:DEC 1:1 v/v"],
    ),
    "perchlorate": (
        ["1 M NaClO4 in PC"],
        ["2 M NaClO4 in water", "1 M NaPF6 in PC", "1 M NaClO4 in DME"],
    ),
    "perchlorate_sulfoxide": (
        ["1 M NaClO4 in DMSO", "1 M LiClO4 in DMSO:EC 1:1 wt"],
        ["1 M NaPF6 in DMSO", "1 M NaClO4 in sulfolane", "1 M LiNO3 in DMSO"],
    ),
    "perchlorate_nitro": (
        ["0.5 M LiClO4 in nitromethane"],
        ["0.5 M LiTFSI in nitromethane", "1 M LiClO4 in PC"],
    ),
    "oxidiser": (
        [
            "0.5 M smiles:[Na+].[O-][Cl](=O)=O in PC",
            "0.1 M smiles:[K+].[O-][Mn](=O)(=O)=O in AN",
            "0.1 M smiles:[Na+].[O-]Cl in EC",
        ],
        ["1 M NaClO4 in PC", "0.5 M LiNO3 in DME", "1 M NaPF6 in PC"],
    ),
    "nitrate": (
        ["1 M LiTFSI in DOL:DME 1:1 v/v + 2 wt% LiNO3"],
        ["1 M LiTFSI in DOL:DME 1:1 v/v", "2 M NaNO3 in water", "1 M NaClO4 in PC"],
    ),
    "hydride_solvent": (
        ["0.5 M smiles:[Na+].[H-] in DMF", "0.5 M smiles:[Na+].[H-] in DMSO"],
        ["0.5 M smiles:[Na+].[BH4-] in diglyme", "0.5 M NaPF6 in DMSO"],
    ),
    "hydride": (
        ["0.5 M smiles:[Na+].[BH4-] in diglyme", "0.5 M smiles:[Li+].[AlH4-] in THF"],
        ["0.5 M smiles:[Na+].[H-] in DMF", "1 M NaBF4 in diglyme"],
    ),
    "cyanide": (
        ["0.1 M smiles:[Na+].[C-]#N in DMF"],
        ["1 M NaSCN in PC", "1 M NaTFSI in AN", "1 M NaDCA in PC"],
    ),
    "halogen": (["1 M LiPF6 in PC + 1 wt% smiles:BrBr"], ["1 M NaI in PC", "1 M LiPF6 in DCM"]),
    "gas": (
        ["1 M LiAlCl4 in smiles:O=S=O", "1 M LiTFSI in smiles:C1CO1"],
        ["1 M LiTFSI in sulfolane", "1 M LiTFSI in ES", "1 M LiTFSI in DME"],
    ),
    "toxic_structure": (
        ["1 M LiAlCl4 in smiles:O=S=O", "1 M LiPF6 in EC:EMC 3:7 wt + 1 wt% smiles:CN=C=O"],
        ["1 M LiTFSI in DMF", "1 M LiTFSI in AN", "1 M NaSCN in PC"],
    ),
    "alkylator_solvent": (
        ["1 M LiTFSI in smiles:CC1CO1", "1 M LiTFSI in smiles:COS(=O)(=O)OC"],
        ["1 M LiTFSI in DTD:EC 1:4 wt", "1 M LiTFSI in EC", "1 M LiTFSI in EMS"],
    ),
    "alkylator": (
        ["1 M LiPF6 in EC:EMC 3:7 wt + 1 wt% smiles:COS(=O)(=O)OC"],
        ["1 M LiPF6 in EC:EMC 3:7 wt + 1 wt% DTD", "1 M LiPF6 in EC:EMC 3:7 wt + 2 wt% VC"],
    ),
    "energetic": (
        [
            "1 M LiPF6 in EC:DMC 1:1 v/v + 1 wt% smiles:CC(C)(C)OO",
            "1 M LiPF6 in EC:DMC 1:1 v/v + 2 wt% smiles:O=[N+]([O-])OCCO[N+](=O)[O-]",
            "1 M LiPF6 in EC:DMC 1:1 v/v + 2 wt% smiles:CCN=[N+]=[N-]",
        ],
        ["1 M LiPF6 in nitromethane", "0.5 M LiNO3 in DME", "1 M LiFSI in DME"],
    ),
    "azide_chlorinated": (
        ["0.1 M smiles:[Na+].[N-]=[N+]=[N-] in DCM"],
        ["0.1 M smiles:[Na+].[N-]=[N+]=[N-] in DME", "1 M LiTFSI in DCM"],
    ),
    "azide": (
        ["0.1 M smiles:[Li+].[N-]=[N+]=[N-] in DME"],
        ["0.1 M smiles:[Na+].[N-]=[N+]=[N-] in DCM", "1 M LiTFSI in DME"],
    ),
    "acid_chloride": (
        ["1 M LiAlCl4 in smiles:ClS(=O)Cl"],
        ["1 M LiTFSI in DCM", "1 M LiPF6 in EC"],
    ),
    "chlorinated_on_metal": (
        [("1 M LiTFSI in DCM", LI), "1 M LiTFSI in DCM", ("1 M NaPF6 in PC + 5 wt% DCM", NA)],
        ["1 M LiPF6 in EC", ("1 M NaPF6 in chlorobenzene", NA)],
    ),
    "nitro_on_metal": (["1 M LiClO4 in nitromethane"], ["1 M LiNO3 in PC"]),
    "chlorinated_reduction": (
        [("1 M NaPF6 in EC:DCM 9:1 wt", HC)],
        [("1 M NaPF6 in EC:DCM 9:1 wt", NA), ("1 M NaPF6 in EC:PC 1:1 wt", HC)],
    ),
    "protic_on_metal": (
        [("1 M NaPF6 in ethanol", NA), ("1 M NaTFSI in water", NA)],
        [("1 M NaPF6 in PC", NA), "1 M NaTFSI in water", ("1 m NaPF6 in PC + 50 ppmw water", NA)],
    ),
    "chloroaluminate_water": (["1 m LiAlCl4 in ethanol"], ["1 m LiAlCl4 in PC"]),
    "hmpa": (["1 M NaPF6 in HMPA"], ["1 M NaPF6 in TMP", "1 M NaPF6 in DMI"]),
    "carcinogen_solvent": (
        ["1 M NaPF6 in 1,4-dioxane", "1 M LiPF6 in EC:benzene 1:1 wt"],
        ["1 M NaPF6 in PC + 2 wt% PS", "1 M NaPF6 in DCM"],
    ),
    "carcinogen": (["1 M NaPF6 in PC + 2 wt% PS"], ["1 M NaPF6 in PC", "1 M NaPF6 in THF"]),
    "very_toxic": (
        ["LiFSI:DME:BTFE 1:1.2:3 mol", "1 M LiPF6 in propionitrile"],
        ["1 M NaPF6 in AN"],
    ),
    "arsenic": (["1 M LiAsF6 in 2-MeTHF"], ["1 M LiPF6 in 2-MeTHF"]),
    "reproductive_toxicant": (["1 M NaPF6 in diglyme", "1 M NaPF6 in NMP"], ["1 M NaPF6 in PC"]),
    "severe_peroxide_former": (
        ["1 M LiFSI in smiles:CC(C)OC(C)C"],
        ["1 M LiFSI in DME", "1 M LiFSI in MTBE"],
    ),
    "peroxide_former": (
        ["1 M NaPF6 in DME", "1 M NaPF6 in 2-MeTHF", "1 M LiFSI in smiles:CCCCCCOCC"],
        [
            "1 M NaPF6 in EC:DEC 1:1 v/v",
            "1 M LiFSI in MTBE",
            "1 M LiFSI in CPME",
            "1 M NaPF6 in TMP",
        ],
    ),
    "flash_point_cold": (["1 M NaPF6 in DME", "1 M NaPF6 in MA"], ["1 M LiPF6 in EC:DMC 1:1 v/v"]),
    "flash_point_room": (["1 M LiPF6 in DMC", "1 M NaPF6 in AN"], ["1 M LiPF6 in EC:EMC 3:7 wt"]),
    "volatile": (["1 M NaPF6 in PC:MA 1:1 wt"], ["1 M NaPF6 in PC:EA 1:1 wt", "1 M LiPF6 in DMC"]),
    "pf6_wet": (
        ["1 M NaPF6 in EC:DEC 1:1 v/v + 1 wt% water", "1 M LiPF6 in water"],
        ["1 M NaPF6 in EC:DEC 1:1 v/v + 100 ppmw water", "1 M NaTFSI in water"],
    ),
    "pf6_moist": (
        ["1 M NaPF6 in PC + 100 ppmw water", ("1 M LiPF6 in EC:EMC 3:7 wt", {"water_ppm": 80})],
        ["1 M NaPF6 in PC + 20 ppmw water", ("1 M LiPF6 in EC:EMC 3:7 wt", {"water_ppm": 15})],
    ),
    "pf6_protic": (["1 M LiPF6 in PC + 2 wt% ethanol"], ["1 M LiTFSI in ethanol"]),
    "borate_wet": (
        ["1 M LiBF4 in PC + 500 ppmw water", ("1 M NaDFOB in PC", {"water_ppm": 300})],
        ["1 M LiBF4 in PC", ("1 M NaTFSI in PC", {"water_ppm": 300})],
    ),
    "fsi_wet": (["1 M NaFSI in PC + 0.5 wt% water"], ["1 M NaFSI in PC + 100 ppmw water"]),
    "water_in_cell": (
        [("1 M NaTFSI in PC", {**HC, "water_ppm": 200})],
        [("1 M NaTFSI in PC", {**HC, "water_ppm": 20}), "1 M NaTFSI in PC + 200 ppmw water"],
    ),
    "dioxolane_polymerises": (
        [
            "1 M NaPF6 in DOL:DME 1:1 v/v",
            "1 M LiBF4 in DOL",
            "1 M LiDFOB in DME:DOL 9:1 wt",
            "1 M LiPF6 in smiles:C1COCOCO1",
        ],
        [
            "1 M LiTFSI in DOL:DME 1:1 v/v",
            "1 M NaPF6 in EC:DEC 1:1 v/v",
            "1 M NaPF6 in 1,4-dioxane",
            "1 M NaPF6 in 1,3-dioxane",
        ],
    ),
    "lewis_acid_polymerises": (
        ["1 M LiTFSI in DOL + 2 wt% TPFPB"],
        ["1 M LiTFSI in DOL", "1 M LiPF6 in EC:EMC 3:7 wt + 2 wt% TPFPB"],
    ),
    "multivalent_polymerises": (["0.3 m Mg(TFSI)2 in DOL"], ["0.3 m Mg(TFSI)2 in DME"]),
    "dioxolane_acid": (["1 M NaFSI in DOL"], ["1 M NaFSI in DME", "1 M LiTFSI in DOL"]),
    "oxolane_polymerises": (["1 M NaPF6 in THF"], ["1 M NaTFSI in THF", "1 M NaPF6 in DME"]),
    "aluminium_corrosion": (
        [
            ("1 M NaFSI in EC:PC 1:1 wt", {"upper_voltage_v": 4.0}),
            ("1 M LiTFSI in EC:EMC 3:7 wt", {"upper_voltage_v": 4.2}),
            "1 M LiTFSI in EC:EMC 3:7 wt",
        ],
        [
            ("1 M NaFSI in EC:PC 1:1 wt", {"upper_voltage_v": 3.2}),
            "0.9 m NaFSI + 0.1 m NaPF6 in EC:PC 1:1 wt",
            ("NaFSI:DMC 1:1.1 mol", {"upper_voltage_v": 4.2}),
            "21 m LiTFSI in water",
        ],
    ),
    "halide_corrosion": (
        [("0.5 m NaI in PC", {"upper_voltage_v": 4.0}), "0.5 m NaSCN in PC"],
        [
            "0.5 m NaPF6 in PC",
            "0.1 m NaNO3 in diglyme",
            ("0.5 m NaI in PC", {"upper_voltage_v": 2.5}),
        ],
    ),
    "ether_oxidation": (
        [("1 M NaPF6 in diglyme", {"upper_voltage_v": 4.2})],
        [
            ("1 M NaPF6 in diglyme", {"upper_voltage_v": 3.5}),
            ("LiFSI:DME 1:1.4 mol", {"upper_voltage_v": 4.3}),
            ("1 M NaPF6 in EC:DEC 1:1 v/v", {"upper_voltage_v": 4.2}),
            "1 M NaPF6 in diglyme",
        ],
    ),
    "carbonate_oxidation": (
        [
            ("1 M LiPF6 in EC:EMC 3:7 wt", {"upper_voltage_v": 4.9}),
            ("1 M NaPF6 in EC:PC 1:1 wt", {"upper_voltage_v": 4.5}),
        ],
        [
            ("1 M LiPF6 in FEC:FEMC 3:7 v/v", {"upper_voltage_v": 4.9}),
            ("1 M LiPF6 in EC:EMC 3:7 wt", {"upper_voltage_v": 4.5}),
            ("1 M NaPF6 in EC:PC 1:1 wt", {"upper_voltage_v": 4.3}),
            ("1 M LiPF6 in sulfolane", {"upper_voltage_v": 4.9}),
            ("LiFSI:DMC 1:1.1 mol", {"upper_voltage_v": 4.9}),
            "1 M LiPF6 in EC:EMC 3:7 wt",
        ],
    ),
    "amide_oxidation": (
        [("1 M NaPF6 in DMSO", {"upper_voltage_v": 4.0})],
        [("1 M NaPF6 in sulfolane", {"upper_voltage_v": 4.0}), "1 M NaPF6 in DMSO"],
    ),
    "vinylene_oxidation": (
        [("1 M LiPF6 in EC:EMC 3:7 wt + 2 wt% VC", {"upper_voltage_v": 4.7})],
        [
            ("1 M LiPF6 in EC:EMC 3:7 wt + 2 wt% VC", {"upper_voltage_v": 4.2}),
            ("1 M LiPF6 in EC:EMC 3:7 wt + 2 wt% FEC", {"upper_voltage_v": 4.7}),
        ],
    ),
    "ester_reduction": (
        [("1 M NaPF6 in PC:MA 1:1 wt", HC), "1 M NaPF6 in MA", ("1 M LiPF6 in GBL", GRAPHITE)],
        [
            ("1 M NaPF6 in PC:MA 1:1 wt + 3 wt% FEC", HC),
            ("0.8 m NaPF6 + 0.1 m NaDFOB in PC:MA 1:1 wt", HC),
            ("1 M LiPF6 in EC:EMC 3:7 wt", GRAPHITE),
            ("1 M NaPF6 in MA", {"anode": "titanate"}),
        ],
    ),
    "nitrile_reduction": (
        [("1 M NaPF6 in AN", HC), ("1 M NaPF6 in EC:PC 1:1 wt + 2 wt% SN", NA)],
        [
            ("1 M NaPF6 in EC:PC 1:1 wt + 2 wt% SN + 3 wt% FEC", HC),
            ("LiTFSI:AN 1:1.9 mol", GRAPHITE),
        ],
    ),
    "sulfone_reduction": (
        [("1 M NaPF6 in sulfolane", HC), "1 M LiPF6 in EMS"],
        [("1 M NaPF6 in sulfolane", LI), ("1 M NaPF6 in sulfolane + 5 wt% FEC", HC)],
    ),
    "phosphate_reduction": (
        [("1 M NaPF6 in TMP", HC), "1 M NaPF6 in TEP"],
        [("1 M NaPF6 in TMP + 5 wt% FEC", HC), ("NaFSI:TMP 1:2.2 mol", HC)],
    ),
    "linear_carbonate_reduction": (
        [("1 M LiPF6 in DMC", GRAPHITE), "1 M LiPF6 in DEC"],
        [
            ("1 M LiPF6 in EC:DMC 1:1 v/v", GRAPHITE),
            ("1 M LiPF6 in DMC + 2 wt% VC", GRAPHITE),
            "LiFSI:DMC 1:1.1 mol",
        ],
    ),
    "carbonate_on_metal": (
        [("1 M NaPF6 in EC:DEC 1:1 v/v", NA), ("0.8 M KPF6 in EC:DEC 1:1 v/v", {"anode": "k"})],
        [
            ("1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC", NA),
            ("1 M NaPF6 in diglyme", NA),
            "1 M NaPF6 in EC:DEC 1:1 v/v",
            ("1 M LiPF6 in EC:DMC 1:1 v/v", LI),
        ],
    ),
    "silicon_film": (
        [("1 M LiPF6 in EC:DEC 1:1 v/v", {"anode": "silicon"})],
        [("1 M LiPF6 in EC:DEC 1:1 v/v + 10 wt% FEC", {"anode": "silicon"})],
    ),
    "metal_attacks_solvent": (
        [("1 M NaPF6 in DMSO", NA), "1 M NaPF6 in DMF", ("1 M NaPF6 in acetone", HC)],
        [("1 M NaPF6 in sulfolane", NA), ("1 M NaPF6 in PC", NA)],
    ),
    "protic_reduction": ([("1 M NaPF6 in ethanol", HC)], [("1 M NaPF6 in PC", HC)]),
    "pc_graphite": (
        [("1 M LiPF6 in PC", GRAPHITE), "1 M LiPF6 in EC:PC 1:1 wt"],
        [
            ("1 M LiPF6 in PC", LI),
            ("1 M LiPF6 in EC:PC 1:1 wt + 2 wt% VC", GRAPHITE),
            ("1 M NaPF6 in EC:PC 1:1 wt", HC),
            "1 M NaPF6 in PC",
            ("1 M LiPF6 in EC:PC:EMC 3:1:6 wt", GRAPHITE),
        ],
    ),
    "ether_graphite": (
        [("1 M LiTFSI in DME", GRAPHITE), "1 M LiTFSI in DME"],
        [("1 M NaPF6 in diglyme", GRAPHITE), ("1 M LiTFSI in DME", LI)],
    ),
    "sodium_graphite": (
        [("1 M NaPF6 in EC:DEC 1:1 v/v", GRAPHITE)],
        [("1 M NaPF6 in diglyme", GRAPHITE), ("1 M LiPF6 in EC:DEC 1:1 v/v", GRAPHITE)],
    ),
    "base_with_alkylator": (
        ["1 M LiPF6 in EC:EMC 3:7 wt + 5 wt% FEC + 1 wt% pyridine"],
        ["1 M LiPF6 in EC:EMC 3:7 wt + 5 wt% FEC", "1 M LiPF6 in NMP + 5 wt% FEC"],
    ),
    "base_with_ester": (["0.1 m NaOH in PC"], ["0.1 m NaF in PC", "0.1 m NaOH in DMSO"]),
    "vinylene_rich": (["1 M LiPF6 in VC:EMC 1:1 wt"], ["1 M LiPF6 in EC:EMC 3:7 wt + 3 wt% VC"]),
    "tetraphenylborate": (["0.3 m NaBPh4 in DME"], ["0.3 m NaBF4 in DME"]),
    "banned": (
        ["1 M LiPF6 in EC:carbon tetrachloride 9:1 wt", "1 M NaPF6 in DMMP"],
        ["1 M NaPF6 in TMP"],
    ),
    "drug_precursor": (["1 M LiPF6 in GBL"], ["1 M LiPF6 in GVL"]),
    "pfas": (["LiFSI:DME:TTE 1:1.2:3 mol"], ["1 M NaPF6 in EC:DEC 1:1 v/v + 10 wt% FEC"]),
    "not_in_catalog": (["1 M NaPF6 in smiles:CCCCCCOCC"], ["1 M NaPF6 in EC:PC 1:1 wt"]),
    "solubility": (["1 M NaNO3 in EC:DEC 1:1 v/v", "1 M NaCl in PC"], ["1 M NaPF6 in PC"]),
}
# Rules that depend on a temperature, or on the interval of a prediction.
PREDICTED = {"boils", "frozen", "may_freeze", "miscibility", "window"}

STANDARD = (
    "1 M LiPF6 in EC:DMC 1:1 v/v",
    "1 M LiPF6 in EC:DMC 1:1 wt",
    "1 M LiPF6 in EC:EMC 3:7 wt",
    "1 M LiPF6 in EC:DEC 1:1 v/v",
    "1.2 M LiPF6 in EC:EMC 3:7 wt + 2 wt% VC",
    "1 M LiPF6 in EC:DMC:EMC 1:1:1 v/v",
    "1 M NaPF6 in EC:PC 1:1 wt",
    "1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC",
    "1 M NaPF6 in PC + 2 wt% FEC",
    "1 M NaPF6 in diglyme",
    "1 M NaOTf in diglyme",
)


# What a colleague must say, and how gravely: recipe and cell, then rules with severities. They
# are independent of the cases above, and of several rules at once.
HAZARDS = (
    ("1 M NaClO4 in EC:DME 1:1 v/v", HC, {"perchlorate_ether": "danger"}),
    ("0.8 M NaClO4 in DMSO", {}, {"perchlorate_sulfoxide": "danger"}),
    ("3 M LiClO4 in AN", {}, {"perchlorate": "caution"}),
    (
        "1 M NaPF6 in EC:PC 1:1 wt",
        {"water_ppm": 500, "anode": "hard carbon"},
        {"pf6_moist": "caution", "water_in_cell": "caution"},
    ),
    ("1 M NaPF6 in EC:DEC 1:1 v/v + 0.5 wt% water", {}, {"pf6_wet": "danger"}),
    ("1 M NaPF6 in DOL:DME 1:1 v/v", NA, {"dioxolane_polymerises": "danger"}),
    ("0.5 M NaDFOB in DOL:diglyme 1:1 v/v", {}, {"dioxolane_polymerises": "danger"}),
    (
        "1 M LiTFSI in EC:DMC 1:1 v/v",
        {"anode": "graphite", "upper_voltage_v": 4.2},
        {"aluminium_corrosion": "caution"},
    ),
    ("1 M NaFSI in EC:PC 1:1 v/v", {"upper_voltage_v": 4.0}, {"aluminium_corrosion": "caution"}),
    ("1 M LiPF6 in PC", GRAPHITE, {"pc_graphite": "caution"}),
    ("1 M LiFSI in DME", GRAPHITE, {"ether_graphite": "caution"}),
    ("1 M NaPF6 in EC:DEC 1:1 v/v", GRAPHITE, {"sodium_graphite": "caution"}),
    ("1 M NaBF4 in DEC", {}, {"solubility": "caution"}),
    ("0.5 M NaF in PC", {}, {"solubility": "caution"}),
    ("0.5 M LiNO3 in EC:DMC 1:1 v/v", {}, {"solubility": "caution"}),
    ("1 M NaPF6 in AN", NA, {"nitrile_reduction": "caution"}),
    ("1 M NaPF6 in DMSO", NA, {"metal_attacks_solvent": "caution"}),
    ("1 M NaTFSI in ethanol", NA, {"protic_on_metal": "danger"}),
    ("1 M LiTFSI in DCM", LI, {"chlorinated_on_metal": "danger"}),
    ("1 M NaPF6 in EC:TTE 1:1 v/v", {}, {"miscibility": "caution"}),
    ("1.2 M NaPF6 in EC:PC:TTE 1:1:2 v/v", HC, {"miscibility": "caution"}),
    ("1 M NaPF6 in HMPA", {}, {"hmpa": "danger"}),
    ("1 M LiAsF6 in THF", {}, {"arsenic": "caution"}),
    (
        "1 M NaPF6 in methyl formate",
        HC,
        {"volatile": "note", "ester_reduction": "caution", "flash_point_cold": "caution"},
    ),
    ("0.5 M NaI in DME", {"upper_voltage_v": 3.5}, {"halide_corrosion": "caution"}),
    ("1 M NaPF6 in diglyme", {"upper_voltage_v": 4.2}, {"ether_oxidation": "caution"}),
    ("1 M LiPF6 in EC:DMC 1:1 v/v", {"upper_voltage_v": 5.2}, {"carbonate_oxidation": "caution"}),
    ("1 M LiFSI in diisopropyl ether", LI, {"severe_peroxide_former": "caution"}),
    ("1 M LiPF6 in TMP", GRAPHITE, {"phosphate_reduction": "caution"}),
    ("0.8 M KPF6 in EC:DEC 1:1 v/v", {"anode": "potassium"}, {"carbonate_on_metal": "caution"}),
    ("1 M LiPF6 in EC:VC 1:1 v/v", GRAPHITE, {"vinylene_rich": "caution"}),
    ("1 M LiPF6 in benzene:EC 1:1 v/v", {}, {"carcinogen_solvent": "danger"}),
    ("1 M NaPF6 in CCl4:PC 1:1 v/v", NA, {"chlorinated_on_metal": "danger", "banned": "caution"}),
    ("1 M NaClO4 in tetraglyme", NA, {"perchlorate_ether": "danger"}),
    ("1 M LiClO4 in smiles:C1=COC=C1", LI, {"perchlorate_ether": "danger"}),
    ("1 M Mg(ClO4)2 in AN", {}, {"perchlorate": "caution"}),
    ("0.5 M LiClO4 in nitromethane", LI, {"perchlorate_nitro": "danger"}),
    ("1 M LiPF6 in EC:DMC 1:1 v/v + 2 wt% methanol", GRAPHITE, {"pf6_protic": "caution"}),
    ("1 M LiTFSI in DOL:DME 1:1 v/v + 1 wt% LiPF6", LI, {"dioxolane_polymerises": "danger"}),
    ("1 M LiFSI in DOL + 1 wt% LiDFOB", LI, {"dioxolane_polymerises": "danger"}),
    ("1 M LiTFSI in DOL + 2 wt% smiles:FB(F)F", LI, {"lewis_acid_polymerises": "danger"}),
    ("1 M LiTFSI in nitromethane", LI, {"nitro_on_metal": "danger"}),
    ("1 M LiTFSI in acetone", LI, {"metal_attacks_solvent": "caution"}),
    ("1 M LiTFSI in pyridine", LI, {"metal_attacks_solvent": "caution"}),
    (
        "1 M NaTFSI in 1,2-dichloroethane",
        NA,
        {"chlorinated_on_metal": "danger", "carcinogen_solvent": "danger"},
    ),
    ("1 M NaPF6 in acetone:DCM 1:1 v/v", HC, {"chlorinated_reduction": "caution"}),
    (
        "0.7 M LiBOB in EC:DMC 1:1 v/v + 500 ppmw water",
        GRAPHITE,
        {"borate_wet": "caution", "water_in_cell": "caution"},
    ),
    ("1 M NaFSI in EC:PC 1:1 v/v + 0.5 wt% water", HC, {"fsi_wet": "caution"}),
    ("1 M LiTFSI in smiles:C1CO1", LI, {"alkylator_solvent": "danger", "gas": "caution"}),
    ("1 M LiTFSI in smiles:CN(C)N=O", LI, {"alkylator_solvent": "danger"}),
    ("1 M LiPF6 in smiles:C=CC#N", LI, {"alkylator_solvent": "danger"}),
    ("1 M LiTFSI in carbon disulfide", LI, {"toxic_structure": "caution"}),
    ("1 M LiTFSI in diethyl ether", LI, {"flash_point_cold": "caution"}),
    ("0.1 M smiles:[Na+].[N-]=[N+]=[N-] in DCM", NA, {"azide_chlorinated": "danger"}),
    ("0.5 M smiles:[Na+].[H-] in DMF", NA, {"hydride_solvent": "danger"}),
    ("0.5 M smiles:[Li+].[BH4-] in THF", {}, {"hydride": "caution"}),
    ("1 M NaAlCl4 in water", {}, {"chloroaluminate_water": "danger"}),
    ("1 M LiTFSI in smiles:C[Si](C)(C)Cl", LI, {"acid_chloride": "caution"}),
    ("1 M LiPF6 in smiles:OCC(F)(F)F", LI, {"protic_on_metal": "danger"}),
    ("1 M LiTFSI in smiles:CC[NH3+].[O-][N+](=O)[O-]", LI, {"protic_on_metal": "danger"}),
    ("1 M NaPF6 in sulfolane", HC, {"sulfone_reduction": "caution"}),
    ("1 M LiFSI in DME", {"upper_voltage_v": 4.3}, {"ether_oxidation": "caution"}),
    ("1 M KFSI in EC:DEC 1:1 v/v", {"anode": "k"}, {"carbonate_on_metal": "caution"}),
    ("1 M KPF6 in DME", GRAPHITE, {"ether_graphite": "caution"}),
)
# What is in cells and half cells every day; cautions that belong to it.
EVERYDAY = (
    ("1 M LiPF6 in EC:DEC 1:1 v/v + 5 wt% FEC", "graphite", 4.2, set()),
    ("1 M LiPF6 in EC:DMC:EMC 1:1:1 v/v + 1 wt% VC", "graphite", 4.4, set()),
    ("1 M NaPF6 in EC:PC 1:1 v/v + 2 wt% FEC", "hard carbon", 4.2, set()),
    ("1 M NaPF6 in EC:DMC 1:1 v/v + 3 wt% FEC", "hard carbon", 3.8, set()),
    ("0.8 M NaPF6 in TEP + 5 wt% FEC", "hard carbon", 4.0, set()),
    ("1 M NaFSI in EC:PC 1:1 v/v + 2 wt% NaDFOB", "hard carbon", 4.0, set()),
    ("NaFSI:DME:TTE 1:1.5:2 mol", "hard carbon", 4.0, set()),
    ("1 M LiPF6 in PC:FEC 9:1 v/v", "graphite", 4.2, set()),
    ("1 M NaOTf in diglyme", "sodium", 3.4, set()),
    ("1 M LiTFSI in DOL:DME 1:1 v/v + 2 wt% LiNO3", "lithium", 2.8, {"flash_point_cold"}),
    ("1 M NaPF6 in DME", "sodium", 3.5, {"flash_point_cold"}),
    ("1 M LiPF6 in EC:EMC 3:7 v/v + 2 wt% VC + 1 wt% DTD", "graphite", 4.3, set()),
    ("1 M LiPF6 in EC:EMC 3:7 v/v + 10 wt% FEC", "silicon", 4.2, set()),
    ("1.2 M LiPF6 in FEC:FEMC 3:7 v/v", "graphite", 4.6, set()),
    ("1 M LiFSI in FEC:DMC 1:4 v/v + 2 wt% LiDFOB", "lithium", 4.2, set()),
    ("1 M LiPF6 in EC:DEC 1:1 v/v", "titanate", 2.8, set()),
    ("1 M NaPF6 in EC:PC:DEC 1:1:1 v/v + 5 wt% FEC", "sodium", 3.8, set()),
    ("0.3 M NaBOB in TMP + 3 wt% VC", "hard carbon", 3.8, set()),
    ("1 M NaPF6 in tetraglyme", "sodium", 3.5, set()),
    ("0.8 M KPF6 in EC:DEC 1:1 v/v + 3 wt% FEC", "potassium", 3.8, set()),
)


def _of(case):
    recipe, cell = case if isinstance(case, tuple) else (case, {})
    return {w.rule for w in eml.warnings(recipe, cell=Cell(**cell))}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_speaks_where_it_must_and_only_there(name):
    speaks, silent = CASES[name]
    assert [case for case in speaks if name not in _of(case)] == []
    assert [case for case in silent if name in _of(case)] == []


def test_every_rule_has_cases():
    assert set(CASES) | PREDICTED == set(rules())


@pytest.mark.parametrize("recipe", STANDARD)
def test_standard_electrolytes_have_at_most_notes(recipe):
    assert {w.severity for w in eml.warnings(recipe)} <= {Severity.NOTE}
    anode = "graphite" if "Li" in recipe else "hard carbon"
    used = eml.warnings(recipe, cell=Cell(anode=anode, upper_voltage_v=3.7))
    assert {w.severity for w in used} <= {Severity.NOTE}


@pytest.mark.parametrize(("recipe", "cell", "expected"), HAZARDS)
def test_known_hazards_have_their_warning_with_its_severity(recipe, cell, expected):
    found = {w.rule.split(":")[0]: str(w.severity) for w in eml.warnings(recipe, cell=Cell(**cell))}
    assert expected.items() <= found.items()


@pytest.mark.parametrize(("recipe", "anode", "volts", "cautions"), EVERYDAY)
def test_everyday_electrolytes_raise_no_false_alarm(recipe, anode, volts, cautions):
    found = eml.warnings(recipe, cell=Cell(anode=anode, upper_voltage_v=volts))
    assert {w.rule for w in found if w.severity is not Severity.NOTE} == cautions


def test_temperature_decides_over_freezing_and_boiling():
    def said(recipe, at):
        return {w.rule for w in eml.warnings(recipe, at)}

    assert "frozen" in said("1 M LiPF6 in EC:DMC 1:1 wt", "-30 degC")
    assert not {"frozen", "may_freeze"} & said("1 M LiPF6 in EC:DMC 1:1 wt", "25 degC")
    assert "boils" in said("1 M NaPF6 in MA", "80 degC")
    assert "boils" not in said("1 M NaPF6 in MA", "25 degC")
    band = [said("1 M LiPF6 in EC:DMC 1:1 wt", f"{t} degC") for t in range(-20, 20, 2)]
    assert any("may_freeze" in rules_of for rules_of in band)


def test_the_window_is_compared_with_the_voltage_of_the_cell():
    def of(volt):
        return {w.rule for w in eml.warnings("1 M LiPF6 in DME", cell=Cell(upper_voltage_v=volt))}

    assert "window" in of(6.9)
    assert "window" not in of(3.5)


def test_a_voltage_is_told_with_its_reference_where_the_rule_has_another():
    def told(recipe):
        found = eml.warnings(recipe, cell=Cell(upper_voltage_v=4.3))
        return next(w.text for w in found if w.rule == "ether_oxidation")

    sodium, lithium = (told(f"1 M {metal}PF6 in DME") for metal in ("Na", "Li"))
    assert "charged to 4.3 V against Na/Na+, about 4.6 V against Li/Li+" in sodium
    assert lithium.endswith("charged to 4.3 V")


def test_sodium_voltages_are_counted_from_sodium():
    """3.7 V against sodium is 4.0 against lithium: below the 4.1 V of the rule of ethers."""
    sodium = recipe_warnings([parse_recipe("1 M NaPF6 in DME")], cell=Cell(upper_voltage_v=3.85))
    lithium = recipe_warnings([parse_recipe("1 M LiPF6 in DME")], cell=Cell(upper_voltage_v=3.85))
    assert "ether_oxidation" in {w.rule for w in sodium[0]}
    assert "ether_oxidation" not in {w.rule for w in lithium[0]}


def test_molecules_known_by_smiles_belong_to_the_groups_of_their_structure():
    catalog = default_catalog()
    for smiles, group in (
        ("CCCCCCOCC", "ether"),
        ("CC1OCC(C)O1", "cationic_monomer"),
        ("CCCCCC#N", "nitrile"),
        ("CCCCC(=O)OCC", "ester"),
        ("O=C1OCC(CF)O1", "cyclic_carbonate"),
        ("O=C1OC(F)C(C)O1", "film_former"),
    ):
        assert group in groups_of(catalog.written_solvent(f"smiles:{smiles}"))
    custom = catalog.salt("[Na+].F[P-](F)(F)(F)(F)C(F)(F)F").anion
    assert "hexafluorophosphate" in groups_of(custom)
    for name in ("EC", "PC", "DMC", "EMC", "DEC", "TMP", "FEC", "VC", "TEOS", "MA"):
        assert "any_ether" not in groups_of(catalog.solvent(name)), name


def test_every_pattern_is_read_and_every_group_is_used():
    used = {
        g for r in rules().values() for g in (*r.anions, *r.solvents, *r.with_solvents, *r.without)
    }
    # the water of a recipe is counted apart
    assert set(groups()) - used == {"water"}


def test_a_rule_is_switched_off_by_name_and_uncovers_what_it_replaces():
    names = [w.rule for w in eml.warnings("1 M NaClO4 in DME", without=["perchlorate_ether"])]
    assert "perchlorate_ether" not in names
    assert "perchlorate" in names
    with pytest.raises(
        InputErrors, match=r"no rule is named 'perclorate'; did you mean 'perchlorate'"
    ):
        eml.warnings("1 M NaClO4 in DME", without=["perclorate"])


def test_order_of_components_and_of_severity():
    rows = recipe_warnings(
        [parse_recipe(f"1 M NaClO4 in {s}") for s in ("DME:EC 1:1 wt", "EC:DME 1:1 wt")]
    )
    assert [w.rule for w in rows[0]] == [w.rule for w in rows[1]]
    ranks = [list(Severity).index(w.severity) for w in rows[0]]
    assert ranks == sorted(ranks)


def test_cells_are_checked_all_at_once():
    with pytest.raises(InputErrors) as caught:
        Cell(anode="hrad carbon", upper_voltage_v=42.0, water_ppm=-1.0)
    assert len(caught.value.messages) == 3
    assert "did you mean 'hard carbon'" in str(caught.value)


def test_an_unknown_anode_is_refused_with_all_that_are_known():
    with pytest.raises(
        InputErrors, match=r"'unobtainium'.* known are hard carbon, graphite, .*zinc"
    ):
        Cell(anode="unobtainium")


def test_warnings_stand_in_records_and_frames():
    table = score_formulations([parse_recipe("1 M NaClO4 in DME")] * 2, np.array([298.15, 253.15]))
    record = next(table.records())
    assert set(record["warnings"][0]) == {"kind", "severity", "text", "source", "verified", "rule"}
    assert record["warnings"][0]["severity"] == "danger"
    frame = eml.score("1 M NaClO4 in DME", cell=Cell(anode="Na"))
    assert frame["warnings"][0].startswith("danger: NaClO4 with DME")
    assert isinstance(eml.explain("1 M NaClO4 in DME").warnings[0], RecipeWarning)


def test_every_rule_names_a_source():
    assert all(rule.source and rule.text.strip() for rule in rules().values())
