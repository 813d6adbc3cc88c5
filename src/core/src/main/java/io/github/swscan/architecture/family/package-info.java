/**
 * The families as data, and their language: config.json and tensor names, read by a description, give an architecture.
 */
package io.github.swscan.architecture.family;
