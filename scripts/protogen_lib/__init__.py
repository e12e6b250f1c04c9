"""The parts of scripts/protogen: definition and layout, then one module per output."""
