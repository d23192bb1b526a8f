"""What others send to us by HTTP: operators' callbacks."""
