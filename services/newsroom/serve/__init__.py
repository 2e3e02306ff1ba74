"""How the press answers: release clock, HTTP servers, faults and the control endpoint."""
