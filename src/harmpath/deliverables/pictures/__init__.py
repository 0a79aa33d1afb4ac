"""Static SVG pictures: architecture, control structure, attack paths. Laid out by an existing layered layout engine."""
