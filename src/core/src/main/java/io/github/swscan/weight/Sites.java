package io.github.swscan.weight;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Matrix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** The linear maps of a model's blocks, found by their matrices. Immutable. */
public final class Sites {

    private final Architecture architecture;
    private final Map<Matrix, Site> sites;
    private final Map<Matrix, List<Integer>> layers;

    private Sites(Architecture architecture, Map<Matrix, Site> sites, Map<Matrix, List<Integer>> layers) {
        this.architecture = architecture;
        this.sites = Collections.unmodifiableMap(sites);
        this.layers = layers;
    }

    /** Those of a model. A matrix that several blocks read counts for the first of them. */
    public static Sites of(Architecture architecture) {
        Map<Matrix, Site> sites = new LinkedHashMap<>();
        Map<Matrix, List<Integer>> layers = new HashMap<>();
        architecture.blocks().stream().flatMap(Sites::sitesIn).forEach(site -> {
            Matrix matrix = site.linear().matrix();
            sites.putIfAbsent(matrix, site);
            List<Integer> reading = layers.computeIfAbsent(matrix, missing -> new ArrayList<>(1));
            if (!reading.contains(site.layer())) {
                reading.add(site.layer());
            }
        });
        return new Sites(architecture, sites, layers);
    }

    private static Stream<Site> sitesIn(Block block) {
        Map<Matrix, OptionalInt> experts = new HashMap<>();
        block.feedForward().mlps().forEach(mlp -> mlp.linears()
                .forEach(linear -> experts.put(linear.matrix(), mlp.expert())));
        // Of a token mixer's experts all are in one tensor.
        return block.linears()
                .map(linear ->
                        new Site(block.layer(), experts.getOrDefault(linear.matrix(), linear.stackIndex()), linear));
    }

    /** All, in the order in which the model describes them. */
    public Collection<Site> all() {
        return sites.values();
    }

    /** The layers that read a matrix, in their order; none if it is not one of a block's. */
    public List<Integer> layersOf(Matrix matrix) {
        return List.copyOf(layers.getOrDefault(matrix, List.of()));
    }

    /** Whether several layers read the same matrix. */
    public boolean areShared() {
        return layers.values().stream().anyMatch(reading -> reading.size() > 1);
    }

    /** How many layers the model has. */
    public int layers() {
        return architecture.layers();
    }

    /** The linear map of a matrix, if it is one of a block's. */
    public Optional<Site> find(Matrix matrix) {
        return Optional.ofNullable(sites.get(matrix));
    }

    /**
     * The linear map that a weight is in.
     *
     * @throws IllegalArgumentException if it is in none of a block
     */
    public Site of(Coordinate coordinate) {
        return find(coordinate.matrix())
                .orElseThrow(() -> new IllegalArgumentException("not in a linear map of a block: " + coordinate));
    }

    /** The down projections of a layer: one, or in a mixture those of all experts; none if there is no such layer. */
    public List<Site> downProjections(int layer) {
        return architecture.blocks().stream()
                .filter(block -> block.layer() == layer)
                .flatMap(block -> block.feedForward().mlps())
                .map(mlp -> new Site(layer, mlp.expert(), mlp.down()))
                .toList();
    }
}
