package engine

// AdminPrefix begins the paths of administration. They never reach a page or the origin, see [route.IsInternal]: the host answers
// them, by [Host.Admin]. What it needs of the engine for that are events and looks of their own: [Engine.Figures], [Engine.View] and
// [Engine.Told].
const AdminPrefix = "/_inlay/"
