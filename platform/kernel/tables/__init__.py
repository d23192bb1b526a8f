"""Tables as people exchange them: CSV of unknown making and XLSX read within bounds, and both written."""
