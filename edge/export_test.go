package edge

// RaceDetector tells tests of other packages whether they run under it.
const RaceDetector = raceDetector
