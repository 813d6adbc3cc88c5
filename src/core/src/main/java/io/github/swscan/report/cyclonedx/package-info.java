/** A model as a CycloneDX machine-learning bill of materials. */
package io.github.swscan.report.cyclonedx;
