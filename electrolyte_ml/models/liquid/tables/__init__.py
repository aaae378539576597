"""Tables of the liquid range: what has no flash point, and how much salt dissolves."""
