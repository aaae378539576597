"""Tables of solubilities: known values and classes, and measured solutions."""
