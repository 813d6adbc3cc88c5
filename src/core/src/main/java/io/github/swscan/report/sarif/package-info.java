/** Findings in the Static Analysis Results Interchange Format, SARIF 2.1.0, as code scanning services take it. */
package io.github.swscan.report.sarif;
