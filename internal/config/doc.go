// Package config is what can be set from outside the code: a Worker's variables, the environment natively.
//
//  1. [Parse] reads all variables, and gathers what is wrong with any: config.go. What each is for, as a list for the
//     documentation: variables.go.
//  2. Hosts and URLs are read strictly, so that no two readers see two hosts in one text: address.go. Secrets: secret.go.
//     Header fields that fills carry besides what their slots declare: constants.go. Which paths the origin's pages with slots have: shells.go.
//  3. What follows from a configuration for one fill or one visitor: destination.go, hosts.go.
//
// What may not be in it: os.Getenv (the driver looks up), pages, and what a policy does: the engine applies it.
package config
