"""Tables of the liquid range: liquids without a flash point, and solubilities of salts."""
