"""Lab notation of recipes: reading ``1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC``."""
