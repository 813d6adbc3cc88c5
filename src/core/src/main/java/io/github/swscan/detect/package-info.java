/**
 * Detection of super weights: spikes, the weights behind them, and what the model is without these. docs/method.md
 * explains the method.
 */
package io.github.swscan.detect;
