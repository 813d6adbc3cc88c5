package io.github.swscan.report;

/** An entry of an activation. */
public record Peak(float value, int prompt, int position, int channel) {}
