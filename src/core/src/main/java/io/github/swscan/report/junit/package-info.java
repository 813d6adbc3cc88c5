/** What a model was held to, as JUnit XML: a test case for each policy. */
package io.github.swscan.report.junit;
