"""``python -m electrolyte_ml`` is the command ``electrolyte-ml``."""

from electrolyte_ml.cli import main

main()
