"""Agreement of human coders with each other and with Mien."""

from mien.study.agreement.agree import Agreement, agree
from mien.study.agreement.codes import read_codes

__all__ = ["Agreement", "agree", "read_codes"]
