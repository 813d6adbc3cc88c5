/**
 * Use cases from request to report: a model is opened, an engine started, a detection or an ablation run, its report made.
 * Knows no command line and no terminal; a {@code ScanListener} is told how a scan goes.
 */
package io.github.swscan.scan;
