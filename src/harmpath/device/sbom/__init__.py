"""Software bills of materials: CycloneDX 1.4 to 1.7 and SPDX 2.2, 2.3 and 3.0, read into one form."""

from harmpath.device.sbom.completeness import completeness
from harmpath.device.sbom.model import Sbom, SbomComponent
from harmpath.device.sbom.reading import read_sbom

__all__ = ["Sbom", "SbomComponent", "completeness", "read_sbom"]
