"""Knowledge shipped as data: YAML files, each kind with one loader and one schema."""
