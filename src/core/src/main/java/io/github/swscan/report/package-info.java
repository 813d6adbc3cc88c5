/** Reports as records, and one writer a format. Knows neither the engine nor how the numbers were made. */
package io.github.swscan.report;
