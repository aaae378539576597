"""Tables of the liquid range: liquids without a flash point, and which liquids mix."""
