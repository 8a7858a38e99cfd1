"""What somebody is called who was erased: kept in the ledger, and so the same for everybody."""

PSEUDONYM = "Erased person {}"
