package io.github.swscan.detect;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Subsets of small lists. */
final class Subsets {

    private Subsets() {}

    /** Those of one size, in the order of the list. */
    static <T> List<Set<T>> ofSize(List<T> members, int size) {
        List<Set<T>> subsets = new ArrayList<>();
        for (int chosen = 0; chosen < 1 << members.size(); chosen++) {
            if (Integer.bitCount(chosen) == size) {
                Set<T> subset = new LinkedHashSet<>();
                for (int i = 0; i < members.size(); i++) {
                    if ((chosen >> i & 1) == 1) {
                        subset.add(members.get(i));
                    }
                }
                subsets.add(subset);
            }
        }
        return subsets;
    }

    /** A set without one of its members. */
    static <T> Set<T> without(Set<T> members, T member) {
        Set<T> rest = new LinkedHashSet<>(members);
        rest.remove(member);
        return rest;
    }
}
