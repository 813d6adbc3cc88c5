package io.github.swscan.detect;

import io.github.swscan.forward.Peak;

/**
 * An entry of the residual stream that one layer writes, that is massive there, and that stays for most of the layers that
 * follow.
 *
 * @param channel of the stream
 * @param firstLayer behind which it is massive
 * @param lasting behind how many layers it is
 * @param peak the largest entry of the channel behind any layer
 * @param peakLayer behind which that is
 * @param medians how many times the median magnitude of all entries there that is
 */
public record SuperActivation(int channel, int firstLayer, int lasting, Peak peak, int peakLayer, double medians) {}
