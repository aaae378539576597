"""Electronic structure of molecules and anions: one-electron oxidation and reduction limits."""
