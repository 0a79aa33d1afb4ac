"""The public record of what has gone wrong with medical devices: tables, classification, precedents."""
