package io.github.swscan.checkpoint.blocks;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.input.BuiltInResource;

/**
 * The points that codes of I-quants stand for, the numbers of each one after the other. Those of ggml are tables that follow
 * from no formula; {@code grids.json} has them, made by {@code scripts/gguf-grids}.
 */
final class Grid {

    private static final JsonNode GRIDS = BuiltInResource.json(Grid.class, "grids.json");

    /** Points of eight numbers. */
    static final float[] IQ1 = points("IQ1");

    static final float[] IQ2_XXS = points("IQ2_XXS");
    static final float[] IQ2_XS = points("IQ2_XS");
    static final float[] IQ2_S = points("IQ2_S");

    /** Points of four numbers. */
    static final float[] IQ3_XXS = points("IQ3_XXS");

    static final float[] IQ3_S = points("IQ3_S");

    private Grid() {}

    /** A digit of {@code points} is an index of {@code numbers}. */
    private static float[] points(String name) {
        JsonNode grid = GRIDS.get(name);
        StringBuilder digits = new StringBuilder();
        grid.get("points").forEach(line -> digits.append(line.textValue()));
        float[] points = new float[digits.length()];
        for (int i = 0; i < points.length; i++) {
            points[i] = grid.get("numbers").get(digits.charAt(i) - '0').intValue();
        }
        return points;
    }
}
