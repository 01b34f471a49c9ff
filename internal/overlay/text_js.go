package overlay

// A Worker's handlers import the handler's package, and have nothing of the overlay: inlay dev puts that into a Worker's pages.
const script = ""

// Integrity is the script's hash, as a policy has it.
const Integrity = ""
