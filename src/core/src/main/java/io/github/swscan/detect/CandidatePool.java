package io.github.swscan.detect;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The best candidates of the layers so far. A candidate that is in the pool at the end has been in it since its layer, for
 * others only push out what is weaker.
 */
final class CandidatePool {

    /** How many of those left out are kept to be named. */
    static final int NAMED = 5;

    private final int size;
    private final List<Candidate> ranked = new ArrayList<>();
    private int offered;

    CandidatePool(int size) {
        this.size = size;
    }

    /** Takes in the candidates of a layer; returns those that are in the pool. */
    List<Candidate> offer(List<Candidate> found) {
        offered += found.size();
        ranked.addAll(found);
        ranked.sort(Comparator.comparingDouble(Candidate::score).reversed());
        if (ranked.size() > size + NAMED) {
            ranked.subList(size + NAMED, ranked.size()).clear();
        }
        List<Candidate> members = members();
        return found.stream().filter(members::contains).toList();
    }

    /** Those in the pool, the highest score first. */
    List<Candidate> members() {
        return List.copyOf(ranked.subList(0, Math.min(size, ranked.size())));
    }

    /** How many candidates were left out. */
    int leftOut() {
        return offered - members().size();
    }

    /** The best of those that were left out, the highest score first. */
    List<Candidate> strongestLeftOut() {
        return List.copyOf(ranked.subList(members().size(), ranked.size()));
    }
}
